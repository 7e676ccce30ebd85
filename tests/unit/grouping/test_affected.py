"""Tests of the groups that newly placed articles change."""

from datetime import UTC, datetime

from service.domain.grouping.affected import groups_with_placements, select_affected_groups
from service.domain.grouping.place import Placement
from service.domain.grouping.story_changes import ExistingStory
from service.domain.text.spans import merge_windows

EXISTING = [ExistingStory("s", datetime(2023, 4, 25, tzinfo=UTC), frozenset({1, 2}))]


def placed(article: int, *, story: str | None = None, founder: int | None = None) -> Placement:
    return Placement(article, story, founder, None, (), {}, None)


def test_placements_extend_existing_stories_and_form_new_groups():
    placements = [placed(3, story="s"), placed(4), placed(5, founder=4), placed(6)]
    assert groups_with_placements(EXISTING, placements) == [{1, 2, 3}, {4, 5}, {6}]


def test_groups_sharing_a_story_with_a_new_article_are_affected():
    story_of = {1: "s", 2: "s", 3: "t", 4: "u", 5: "u"}
    groups = [(1, 9), (2,), (3,), (4,), (5,)]
    assert select_affected_groups(groups, {9}, story_of) == [(1, 9), (2,)]


def test_no_new_articles_affect_no_groups():
    assert select_affected_groups([(1, 2)], set(), {1: "s", 2: "s"}) == []


def test_touching_time_spans_are_merged():
    day = [datetime(2023, 4, each, tzinfo=UTC) for each in (1, 3, 9)]
    one = day[1] - day[0]
    assert merge_windows([day[1], day[0], day[2]], one / 2) == [
        (day[0] - one / 2, day[1] + one / 2),
        (day[2] - one / 2, day[2] + one / 2),
    ]
    assert merge_windows([], one) == []
