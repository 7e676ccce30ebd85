"""Separate stories that report one event."""

from collections import defaultdict

import pytest

from service.domain.articles.model import Article, ArticleId
from service.domain.grouping.constraints import Constraints
from service.domain.grouping.same_events import find_same_events
from service.domain.pairs.features import window_vocabulary
from tests.support.content.events import (
    encoded,
    event_articles,
    merge_model,
    pair_model,
    story_settings,
)


def find(
    stories: dict[str, list[ArticleId]],
    articles: list[Article],
    constraints: Constraints | None = None,
) -> list[tuple[str, ...]]:
    return find_same_events(
        stories,
        articles,
        encoded(articles),
        window_vocabulary(event_articles(), encoded(event_articles())),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        constraints=constraints or Constraints(),
    )


def split_events() -> dict[str, list[ArticleId]]:
    """Two stories of each event, with every second article."""
    stories: dict[str, list[ArticleId]] = defaultdict(list)
    for number, article in enumerate(event_articles()):
        stories[f"{int(article.id) // 100}-{number % 2}"].append(article.id)
    return dict(stories)


def test_two_stories_of_one_event_are_found_and_other_events_stay_apart() -> None:
    stories = split_events()
    pairs = [(name, f"{name[:-1]}1") for name in sorted(stories) if name.endswith("-0")]
    assert find(stories, event_articles()) == pairs


def test_order_of_articles_does_not_matter() -> None:
    articles = event_articles()
    assert find(split_events(), articles[::-1]) == find(split_events(), articles)


def test_stories_that_an_editor_separated_stay_apart() -> None:
    stories = split_events()
    apart = Constraints(cannot_link=frozenset({(stories["0-0"][0], stories["0-1"][0])}))
    assert ("0-0", "0-1") not in find(stories, event_articles(), apart)


@pytest.mark.parametrize("stories", [{}, {"a": []}, {"a": ["missing"]}])
def test_stories_without_articles_are_ignored(stories: dict[str, list[ArticleId]]) -> None:
    assert find(stories, event_articles()) == []
