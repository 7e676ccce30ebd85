"""Quality of the rule for article types on labelled days of feeds.

    python -m tests.quality.report.article_types DATA

prints the table of `docs/quality.md`. The labels were made by reading title, text and URL, before
the rule was tuned. Half of them are a random sample; the others look unlike reports, for more of
the rare types.
"""

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.commands.research import jsonl
from service.domain.articles.article_types import ArticleType, classify
from service.domain.articles.model import Article
from service.domain.pairs.series import recurring_articles
from service.ingest.catalogue_files import index_sites, read_outlets
from service.settings.paths import CONFIG_DIR
from tests.quality.report import floors
from tests.quality.sets.days import label_key

LABELS = Path(__file__).parents[1] / "sets" / "labels" / "article_types"
#: The days on which the rule was tuned, and the other days.
SEEN, UNSEEN = ("stream_day", "stream_day_c"), ("stream_day_d", "stream_day_e")


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled article: the type by its label, and by the rule."""

    day: str
    stratum: str  #: `random` or `enriched`
    label: ArticleType
    predicted: ArticleType


@dataclass(frozen=True, slots=True)
class TypeQuality:
    """Precision, recall and F1 of one type; all 0 without a right prediction."""

    labelled: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def judge_days(stories: Path) -> list[Judged]:
    """Classify the labelled articles of all days, which are one window.

    Raises:
        FileNotFoundError: a day is missing in this folder.
        KeyError: a labelled article is in none of them.
    """
    days = {day: _read_day(stories / f"{day}.jsonl") for day in (*SEEN, *UNSEEN)}
    articles = [article for each in days.values() for article in each]
    catalogue = read_outlets(CONFIG_DIR / "outlets.toml")
    sites, outlets = index_sites([catalogue]), {each.slug: each for each in catalogue.outlets}
    type_of = {}
    for article, recurs in zip(articles, recurring_articles(articles), strict=True):
        outlet = outlets.get(sites.match(article.url) or "")
        type_of[label_key(article.url)] = classify(
            article.title,
            article.url,
            text=article.text,
            outlet_type=outlet.article_type if outlet else None,
            recurring=bool(recurs),
        )
    return [
        Judged(day, label["stratum"], ArticleType(label["type"]), type_of[key])
        for day in days
        for key, label in json.loads((LABELS / f"{day}.json").read_text("utf-8")).items()
    ]


def measure(judged: Iterable[Judged]) -> dict[ArticleType, TypeQuality]:
    """Quality of each type that occurs."""
    labelled, predicted, right = (
        Counter[ArticleType](),
        Counter[ArticleType](),
        Counter[ArticleType](),
    )
    for each in judged:
        labelled[each.label] += 1
        predicted[each.predicted] += 1
        right[each.label] += each.label is each.predicted
    return {
        kind: TypeQuality(
            labelled[kind],
            right[kind] / predicted[kind] if predicted[kind] else 0.0,
            right[kind] / labelled[kind] if labelled[kind] else 0.0,
        )
        for kind in ArticleType
        if labelled[kind] or predicted[kind]
    }


def select(judged: Sequence[Judged], days: Sequence[str], stratum: str = "") -> list[Judged]:
    """Labelled articles of some days, of one stratum or of both."""
    return [each for each in judged if each.day in days and stratum in {"", each.stratum}]


def load_floors(path: Path = floors.FILE) -> Mapping[str, Mapping[str, float]]:
    """Minimum F1 by `seen` or `unseen` and type."""
    table: Mapping[str, Mapping[str, float]] = tomllib.loads(path.read_text("utf-8"))[
        "article_types"
    ]
    return table


def format_table(judged: Sequence[Judged]) -> list[str]:
    """Markdown table: a row per type; P, R and F1 on seen and unseen days, and at random."""
    columns = [
        measure(select(judged, SEEN)),
        measure(select(judged, UNSEEN)),
        measure(select(judged, UNSEEN, "random")),
    ]
    lines = [
        "| type | seen: n | F1 (P, R) | unseen: n | F1 (P, R) | unseen, random: n | F1 (P, R) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in ArticleType:
        if any(kind in column for column in columns):
            cells = [_cell(column.get(kind)) for column in columns]
            lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def _cell(quality: TypeQuality | None) -> str:
    if quality is None or not quality.labelled:
        return "0 | –"
    figures = (quality.f1, quality.precision, quality.recall)
    f1, precision, recall = (f"{figure:.2f}".replace("0.", ".") for figure in figures)
    return f"{quality.labelled} | {f1} ({precision}, {recall})"


def _read_day(path: Path) -> list[Article]:
    if not path.is_file():
        raise FileNotFoundError(path)
    return jsonl.read_articles(str(path))


if __name__ == "__main__":
    sys.stdout.writelines(
        f"{line}\n" for line in format_table(judge_days(Path(sys.argv[1]) / "stories"))
    )
