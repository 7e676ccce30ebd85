from dataclasses import replace

import numpy as np

from service.domain.grouping.hysteresis import (
    StableStories,
    chain_pairs,
)
from service.domain.grouping.story_changes import CurrentStory
from service.domain.grouping.window import group_window
from service.domain.merges.decision import UNSTABLE
from service.settings.sections.grouping import HysteresisSettings
from tests.support.content.events import (
    encoded,
    event_articles,
    hysteresis_settings,
    merge_model,
    pair_model,
    story_settings,
)

SETTINGS = HysteresisSettings(
    min_age_hours=1, min_window_articles=3, keep_log_odds=1.5, join_log_odds=1.5
)


def stable(*stories: int) -> StableStories:
    return StableStories(np.array(stories), SETTINGS)


def test_stable_rows_are_old_enough_in_a_large_enough_window() -> None:
    stable_stories, ages = ["a", "b", "a", None], np.array([2.0, 2.0, 0.5, 2.0])
    assert StableStories.select(stable_stories, ages, 3, SETTINGS).numbers.tolist() == [
        0,
        1,
        -1,
        -1,
    ]
    assert StableStories.select(stable_stories, ages, 2, SETTINGS).numbers.tolist() == [
        -1,
        -1,
        -1,
        -1,
    ]


def test_unit_takes_the_most_frequent_stable_story() -> None:
    rows = stable(4, 5, 5, UNSTABLE, UNSTABLE)
    assert rows.by_unit([[0, 1, 2], [3], [4]]).numbers.tolist() == [5, -1, -1]


def test_chain_pairs_connects_each_story() -> None:
    assert chain_pairs(np.array([3, 7, 3, UNSTABLE, 3])).tolist() == [[0, 2], [2, 4]]
    assert chain_pairs(np.array([], dtype=np.int64)).shape == (0, 2)


def test_window_keeps_stable_stories() -> None:
    articles = event_articles()
    never = replace(story_settings(), hysteresis=replace(hysteresis_settings(), join_log_odds=20.0))
    apart = {article.id: CurrentStory(f"story {article.id}", 2.0) for article in articles}
    fresh = {key: CurrentStory(each.story, 0.5) for key, each in apart.items()}

    def count_groups(current_stories: dict[int | str, CurrentStory]) -> int:
        grouping = group_window(
            articles,
            encoded(articles),
            model=pair_model(),
            merge_model=merge_model(),
            settings=never,
            current_stories=current_stories,
        )
        return len(grouping.groups)

    assert count_groups(apart) > count_groups(fresh) == count_groups({})
