"""Round-ups are members of no story, and connect no two stories."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, ArticleId
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.place import place
from service.domain.grouping.replay import replay
from service.domain.grouping.story_changes import CurrentStory
from service.domain.grouping.window import group_window
from service.domain.pairs.features import window_vocabulary
from service.settings.sections.grouping import ReplaySettings
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    merge_model,
    pair_model,
    story_settings,
)

SCHEDULE = ReplaySettings(minutes=15, arrivals=3, window_hours=float("inf"), min_age_hours=1)
#: Has only words of the first event: as a report it would join the story of that event.
BRIEFING = Article(
    900, f"{EVENTS[0]}", f"{EVENTS[0]}.", "briefer", published=START + timedelta(hours=2)
)


def typed(kind: ArticleType) -> list[Article]:
    return [*event_articles(), replace(BRIEFING, type=kind)]


def group_of(
    articles: list[Article],
    *,
    constraints: Constraints | None = None,
    stories: dict[ArticleId, CurrentStory] | None = None,
) -> tuple[ArticleId, ...]:
    """The group of the briefing."""
    grouping = group_window(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        constraints=constraints or Constraints(),
        current_stories=stories or {},
    )
    return next(ids for ids in grouping.groups if BRIEFING.id in ids)


@pytest.mark.parametrize("kind", ArticleType)
def test_only_a_round_up_gets_a_group_of_its_own(kind: ArticleType) -> None:
    group = group_of(typed(kind))
    assert (group == (BRIEFING.id,)) == (kind is ArticleType.ROUNDUP)


def test_round_up_leaves_the_stable_story_of_its_past() -> None:
    articles = typed(ArticleType.ROUNDUP)
    stories = {article.id: CurrentStory("old", 50.0) for article in articles[:4] + articles[-1:]}
    assert group_of(articles, stories=stories) == (BRIEFING.id,)


def test_equal_round_ups_stay_apart() -> None:
    twice = [*typed(ArticleType.ROUNDUP), replace(BRIEFING, id=901, type=ArticleType.ROUNDUP)]
    assert group_of(twice) == (BRIEFING.id,)


def test_editor_can_link_a_round_up() -> None:
    linked = Constraints(must_link=frozenset({(0, 900)}))
    assert 0 in group_of(typed(ArticleType.ROUNDUP), constraints=linked)


@pytest.mark.parametrize("kind", [ArticleType.REPORT, ArticleType.ROUNDUP])
def test_new_round_up_joins_no_story(kind: ArticleType) -> None:
    articles = typed(kind)
    stories = [f"event {int(article.id) // 100}" for article in articles[:-1]]
    [placement] = place_with(articles, [*stories, None])
    assert placement == (None if kind is ArticleType.ROUNDUP else "event 0")


@pytest.mark.parametrize("kind", [ArticleType.REPORT, ArticleType.ROUNDUP])
def test_new_report_does_not_join_a_round_up(kind: ArticleType) -> None:
    articles = [event_articles()[0], replace(BRIEFING, type=kind)]
    [placement] = place_with(articles, [None, "briefing"])
    assert placement == (None if kind is ArticleType.ROUNDUP else "briefing")


def test_replay_keeps_round_ups_apart() -> None:
    articles = typed(ArticleType.ROUNDUP)
    stories = replay(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        schedule=SCHEDULE,
    ).stories
    assert list(stories.values()).count(stories[BRIEFING.id]) == 1


def place_with(articles: list[Article], stories: list[str | None]) -> list[str | None]:
    """The stories of the placed articles."""
    placements = place(
        articles,
        encoded(articles),
        stories,
        vocabulary=window_vocabulary(event_articles(), encoded(event_articles())),
        model=pair_model(),
        settings=grouping_settings(),
    )
    return [placement.story for placement in placements]
