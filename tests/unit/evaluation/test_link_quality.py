"""Quality of copies and storylines in `samestory evaluate`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.commands.research.jsonl import Line
from service.commands.research.link_quality import LinkLabels, LinkQuality, link_quality
from service.domain.articles.copies import Copy
from service.domain.articles.model import Article, Vectors
from service.domain.evaluation.grouping_metrics import Agreement, pairwise
from service.domain.evaluation.link_metrics import copy_quality, storyline_quality
from service.errors import BadLineError
from service.settings import load as settings_module
from tests.support.content.events import START, encoded

TEXT = (
    "A ferry carrying two hundred people struck a pier at Lake Orlan early on Tuesday, and twelve "
    "passengers were taken to hospital, none of them with serious injuries."
)
ARTICLES = (
    Article(1, "Ferry strikes pier", TEXT, "wire", published=START),
    Article(2, "Shock on the lake", TEXT, "daily", published=START + timedelta(hours=1)),
    Article(3, "Orchard prize for a pear", "Growers of Tessen met.", "daily", published=START),
)


#: Story of each article: a copy is in the story of its original.
APART, TOGETHER = ("one", "two", "three"), ("one", "one", "three")


def measure(rows: Sequence[dict[str, Any]], stories: Sequence[str] = APART) -> LinkQuality:
    lines = [
        Line(number, {"id": article.id, "story": number, **row})
        for number, (article, row) in enumerate(zip(ARTICLES, rows, strict=True), start=1)
    ]
    return link_quality(
        LinkLabels.parse("gold.jsonl", lines),
        ARTICLES,
        stories=stories,
        encode_rows=lambda: encoded(ARTICLES),
        settings=settings_module.load(),
    )


def never() -> Vectors:
    raise AssertionError


def test_without_labels_nothing_is_measured_or_encoded() -> None:
    labels = LinkLabels([1], [None], [None])
    result = link_quality(labels, ARTICLES[:1], [1], never, settings_module.load())
    assert result == LinkQuality(None, None, None)
    assert set(result.report().values()) == {None}


def test_copies_are_compared_with_their_labels() -> None:
    result = measure([{}, {"copy_of": 1}, {"copy_of": None}], TOGETHER).report()
    assert result["copies"] == {
        "labelled": 1,
        "predicted": 1,
        "correct": 1,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }


def test_original_outside_the_file_is_ignored() -> None:
    result = measure([{"copy_of": 77}, {}, {}], TOGETHER).copies
    assert result is not None
    assert (result.labelled, result.predicted, result.correct) == (0, 1, 0)


def test_storylines_are_compared_with_their_labels() -> None:
    result = measure([{"storyline": "lake"}, {"storyline": "lake"}, {"storyline": None}])
    whole = {"labelled": 1, "predicted": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert result.report() == {
        "copies": None,
        "storylines": whole,
        "between_stories": whole,
        "gold_storylines": whole,
        "gold_between_stories": whole,
    }


@pytest.mark.parametrize("row", [{"copy_of": True}, {"storyline": ["lake"]}, {"copy_of": 1.5}])
def test_invalid_label_raises_bad_line_error(row: dict[str, Any]) -> None:
    with pytest.raises(BadLineError, match=r"gold\.jsonl"):
        measure([{}, row, {}])


def test_copy_of_a_copy_resolves_to_the_first_original() -> None:
    result = copy_quality({2: 1, 3: 2, 5: 4}, [Copy(3, 1, 1.0), Copy(2, 1, 1.0), Copy(7, 4, 0.9)])
    assert (result.labelled, result.predicted, result.correct) == (3, 3, 2)
    assert result.precision == result.recall == 2 / 3


def test_cyclic_copy_labels_end() -> None:
    assert copy_quality({1: 2, 2: 1}, []).recall == 0
    assert copy_quality({}, []).precision == 1


def test_between_counts_pairs_of_different_stories() -> None:
    """Two stories of one storyline with two articles each, and a third story linked wrongly."""
    labelled, stories = list("aaaab"), list("11223")
    linked = storyline_quality(labelled, stories, list("xxxxx"), stories)
    assert (linked.articles.precision, linked.articles.recall) == (6 / 10, 1)
    assert (linked.between.precision, linked.between.recall) == (4 / 8, 1)
    assert linked.between.f1 == pytest.approx(2 / 3)
    assert (linked.labelled, linked.predicted) == (1, 1)
    apart = storyline_quality(labelled, stories, stories, stories)
    assert apart.between == Agreement(1.0, 0.0, 0.0)
    assert apart.articles.recall == 2 / 6


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=12))
def test_articles_counts_pairs_within_and_between_stories(rows: list[tuple[int, int, int]]) -> None:
    sagas = [saga for saga, _, _ in rows]
    stories = [(saga, story) for saga, story, _ in rows]
    result = [line for _, _, line in rows]
    compared = storyline_quality(sagas, stories, result, stories)
    expected = pairwise(sagas, result)
    assert compared.articles.precision == pytest.approx(expected.precision)
    assert compared.articles.recall == pytest.approx(expected.recall)
    assert 0 <= compared.between.precision <= 1
    assert 0 <= compared.between.recall <= 1
