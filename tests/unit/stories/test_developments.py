from datetime import UTC, datetime, timedelta

import numpy as np

from service.domain.articles.model import Article, Vectors
from service.domain.stories.developments import MAX_DEVELOPMENTS, Development, find_developments

NOON = datetime(2023, 4, 25, 12, tzinfo=UTC)


def told(*directions: int, copies: frozenset[int] = frozenset()) -> list[Development]:
    """The developments of reports an hour apart that say the same where their numbers agree."""
    articles = [
        Article(key, f"Report number {key} of the day", outlet=f"o{key % 3}")
        for key in range(len(directions))
    ]
    vectors = Vectors("m", np.eye(20, dtype=np.float32)[list(directions)])
    times = [NOON + timedelta(hours=key) for key in range(len(directions))]
    return find_developments(articles, vectors, times, copies)


def test_only_what_is_new_is_a_development() -> None:
    found = told(1, 1, 2, 1, 3)
    assert [each.article for each in found] == [0, 2, 4]
    assert [each.outlets for each in found] == [1, 3, 3]
    assert found[1].at == NOON + timedelta(hours=2)
    assert found[1].title == "Report number 2 of the day"


def test_copies_bring_nothing_new() -> None:
    assert [each.article for each in told(1, 2, 3, copies=frozenset({1}))] == [0, 2]


def test_a_story_of_copies_has_its_first_report() -> None:
    assert [each.article for each in told(1, 2, copies=frozenset({0, 1}))] == [0]


def test_no_more_are_kept_than_can_be_read() -> None:
    found = told(*range(12))
    assert len(found) == MAX_DEVELOPMENTS
    assert found[0].article == 0


def test_without_reports_there_are_none() -> None:
    assert told() == []
