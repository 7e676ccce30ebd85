"""Tests of developments: which reports add something new."""

from datetime import UTC, datetime, timedelta

import numpy as np

from service.domain.articles.model import Article, Vectors
from service.domain.stories.developments import MAX_DEVELOPMENTS, Development, find_developments

NOON = datetime(2023, 4, 25, 12, tzinfo=UTC)


def developments_of(*directions: int, copies: frozenset[int] = frozenset()) -> list[Development]:
    """Developments of hourly reports; reports with equal numbers have equal vectors."""
    articles = [
        Article(key, f"Report number {key} of the day", outlet=f"o{key % 3}")
        for key in range(len(directions))
    ]
    vectors = Vectors("m", np.eye(20, dtype=np.float32)[list(directions)])
    times = [NOON + timedelta(hours=key) for key in range(len(directions))]
    return find_developments(articles, vectors, times, copies)


def test_only_novel_reports_are_developments() -> None:
    result = developments_of(1, 1, 2, 1, 3)
    assert [each.article for each in result] == [0, 2, 4]
    assert [each.outlets for each in result] == [1, 3, 3]
    assert result[1].at == NOON + timedelta(hours=2)
    assert result[1].title == "Report number 2 of the day"


def test_copies_are_no_developments() -> None:
    assert [each.article for each in developments_of(1, 2, 3, copies=frozenset({1}))] == [0, 2]


def test_story_of_copies_has_its_first_report() -> None:
    assert [each.article for each in developments_of(1, 2, copies=frozenset({0, 1}))] == [0]


def test_number_of_developments_is_limited() -> None:
    result = developments_of(*range(12))
    assert len(result) == MAX_DEVELOPMENTS
    assert result[0].article == 0


def test_no_reports_give_no_developments() -> None:
    assert developments_of() == []
