"""Article types on labelled days: their labels, and the minimum F1 of the rule."""

import json
import re
from pathlib import Path

import pytest

from service.domain.articles.article_types import ArticleType
from tests.quality.report.article_types import (
    LABELS,
    SEEN,
    UNSEEN,
    Judged,
    TypeQuality,
    format_table,
    judge_days,
    load_floors,
    measure,
    select,
)
from tests.support.summary import show

DAYS = {"seen": SEEN, "unseen": UNSEEN}
#: Size of the random sample of each day.
SAMPLE = 160


@pytest.mark.parametrize("day", [*SEEN, *UNSEEN])
def test_labels_contain_no_publisher_text(day: str) -> None:
    labels = json.loads((LABELS / f"{day}.json").read_text("utf-8"))
    assert all(re.fullmatch("[0-9a-f]{16}", key) for key in labels)
    assert {frozenset(label) for label in labels.values()} == {frozenset({"type", "stratum"})}
    assert {label["type"] for label in labels.values()} <= set(ArticleType)
    strata = [label["stratum"] for label in labels.values()]
    assert set(strata) == {"random", "enriched"}
    assert strata.count("random") == SAMPLE


def test_measured_quality() -> None:
    pairs = [("live", "live"), ("live", "live"), ("live", "report"), ("report", "live")]
    judged = [Judged("a", "random", ArticleType(one), ArticleType(two)) for one, two in pairs]
    quality = measure(judged)
    assert quality[ArticleType.LIVE] == TypeQuality(3, 2 / 3, 2 / 3)
    assert quality[ArticleType.LIVE].f1 == pytest.approx(2 / 3)
    assert quality[ArticleType.REPORT] == TypeQuality(1, 0.0, 0.0)
    assert quality[ArticleType.REPORT].f1 == 0
    assert set(quality) == {ArticleType.LIVE, ArticleType.REPORT}


@pytest.mark.data
def test_types_reach_their_floors(shared_data: Path, pytestconfig: pytest.Config) -> None:
    try:
        judged = judge_days(shared_data / "stories")
    except FileNotFoundError as error:
        pytest.skip(f"no file {error}")
    show(pytestconfig, ["Article types:", *format_table(judged)])
    for name, floors in load_floors().items():
        quality = measure(select(judged, DAYS[name]))
        for kind, floor in floors.items():
            assert quality[ArticleType(kind)].f1 >= floor, f"{kind}, {name} days"
