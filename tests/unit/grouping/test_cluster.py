from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.articles.model import Article, Rows
from service.domain.grouping.cluster import renumber, run_hdbscan, split_components
from service.domain.grouping.constraints import Constraints, merge_linked_rows
from service.domain.grouping.window import Grouping, build_units, group_window
from service.domain.merges.decision import UNSTABLE
from service.domain.pairs.features import Features, TokenisedArticles
from tests.support.content.events import (
    EVENTS,
    START,
    all_pairs,
    encoded,
    event_articles,
    grouping_settings,
    merge_model,
    pair_model,
    story_settings,
)


def unstable(count: int) -> Rows:
    return np.full(count, UNSTABLE)


BOUNDED = replace(story_settings(), grouping=grouping_settings(max_component=100))


def groups_of(
    articles: list[Article], constraints: Constraints | None = None
) -> list[tuple[int | str, ...]]:
    return list(group_with(articles, constraints or Constraints()).groups)


def group_with(articles: list[Article], constraints: Constraints) -> Grouping:
    return group_window(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
        constraints=constraints,
    )


def features_of(articles: list[Article]) -> Features:
    """Features of articles in canonical order, as their own window."""
    vocabulary = group_with(articles, Constraints()).vocabulary
    return Features.build(TokenisedArticles.build(articles, encoded(articles)), vocabulary)


def test_each_event_is_one_group() -> None:
    groups = groups_of(event_articles())
    assert [{key // 100 for key in group if isinstance(key, int)} for group in groups] == [
        {event} for event in range(len(EVENTS))
    ]


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_order_of_articles_does_not_change_groups(random) -> None:  # noqa: ANN001
    articles = event_articles(each=3)
    assert groups_of(random.sample(articles, len(articles))) == groups_of(articles)


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_window_with_one_event_is_one_group(count: int) -> None:
    groups = groups_of(event_articles(EVENTS[:1], each=count))
    assert [len(group) for group in groups] == ([count] if count else [])


def test_unrelated_articles_stay_single() -> None:
    groups = groups_of(event_articles(each=1))
    assert [len(group) for group in groups] == [1] * len(EVENTS)


def test_articles_without_dates_are_grouped() -> None:
    articles = [Article(a.id, a.title, a.text) for a in event_articles()]
    assert len(groups_of(articles)) == len(EVENTS)


def test_empty_and_unusual_titles_are_grouped() -> None:
    odd = [
        Article("a", ""),
        Article("b", ""),
        Article("c", "🙂"),
        Article("d", "و ж 中"),
        Article(5, "x"),
    ]
    assert sum(len(group) for group in groups_of(odd)) == len(odd)


@pytest.mark.parametrize("title", ["", "  ", "!?", "…", "🙂"])
def test_articles_without_words_stay_single(title: str) -> None:
    """Articles without content must not form a story of many outlets."""
    wordless = [Article(key, title, published=START) for key in range(30)]
    assert [len(group) for group in groups_of(wordless)] == [1] * 30


def test_very_long_titles_are_truncated() -> None:
    endless = [Article(key, f"{EVENTS[key % 2]} " * 20_000) for key in range(4)]
    assert groups_of(endless) == [(0, 2), (1, 3)]


def test_near_identical_headlines_respect_max_component() -> None:
    articles = [Article(key, f"{EVENTS[0]} {key}", published=START) for key in range(1500)]
    result = group_window(
        articles, encoded(articles), model=pair_model(), merge_model=merge_model(), settings=BOUNDED
    )
    assert max(len(group) for group in result.groups) <= BOUNDED.grouping.max_component
    assert sum(len(group) for group in result.groups) == 1500


@pytest.mark.parametrize("dates", [[None], [START], [START, START.replace(tzinfo=None)]])
def test_missing_equal_and_naive_dates_are_grouped(dates: list[datetime | None]) -> None:
    articles = [
        replace(article, published=dates[row % len(dates)])
        for row, article in enumerate(event_articles())
    ]
    assert len(groups_of(articles)) == len(EVENTS)


def test_reports_years_apart_are_grouped() -> None:
    articles = [
        replace(article, published=START.replace(year=1990 + row))
        for row, article in enumerate(event_articles())
    ]
    assert sum(len(group) for group in groups_of(articles)) == len(articles)


ARTICLES = st.lists(
    st.builds(
        Article,
        id=st.one_of(st.integers(), st.text(max_size=3)),
        title=st.sampled_from([*EVENTS, "", "Live", "🙂"]),
        text=st.sampled_from(["", *EVENTS]),
        published=st.sampled_from([None, START, START + timedelta(days=1), START.replace(1990)]),
    ),
    max_size=25,
    unique_by=lambda article: article.id,
)


@given(ARTICLES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_duplicates_in_any_order_give_the_same_groups(articles: list[Article], random) -> None:  # noqa: ANN001
    assert groups_of(random.sample(articles, len(articles))) == groups_of(articles)


@given(
    st.frozensets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=8),
    st.frozensets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_cannot_link_constraints_always_hold(
    must: frozenset[tuple[int, int]], cannot: frozenset[tuple[int, int]]
) -> None:
    articles = event_articles(EVENTS[:1], each=8)
    result = groups_of(articles, Constraints(must, cannot))
    group_of = {key: number for number, group in enumerate(result) for key in group}
    assert all(group_of[one] != group_of[other] for one, other in cannot if one != other)


def test_must_link_articles_share_a_group() -> None:
    constraints = Constraints(must_link=frozenset({(0, 100)}))
    matching = [
        group for group in groups_of(event_articles(), constraints) if 0 in group or 100 in group
    ]
    assert len(matching) == 1


def test_cannot_link_articles_are_separated() -> None:
    apart = Constraints(cannot_link=frozenset({(0, 1)}))
    assert not any({0, 1} <= set(group) for group in groups_of(event_articles(), apart))


def test_cannot_link_takes_precedence_over_must_link() -> None:
    both = Constraints(frozenset({(0, 1), (1, 2)}), frozenset({(0, 2)}))
    assert not any({0, 2} <= set(group) for group in groups_of(event_articles(), both))


def test_grouping_includes_copies() -> None:
    text = " ".join(f"{event}." for event in EVENTS)
    articles = [
        Article(1, "Ferry collides with pier", text),
        Article(2, "Shock at the lake", text),
    ]
    result = group_window(
        articles,
        encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=story_settings(),
    )
    assert [(copy.article, copy.original) for copy in result.copies] == [(2, 1)]
    assert result.labels() == {1: 0, 2: 0}


def test_units_combine_duplicates_of_one_day() -> None:
    monday, *_ = event_articles(EVENTS[:1])
    units = build_units([monday, monday, Article(9, monday.title, monday.text)])
    assert units.members == [[0, 1], [2]]


def test_must_links_that_violate_cannot_links_are_ignored() -> None:
    assert merge_linked_rows(4, [(0, 1), (1, 2), (2, 3)], {(0, 2)}) == [[0, 1], [2, 3]]
    assert merge_linked_rows(2, [(0, 1), (0, 1)], set()) == [[0, 1]]
    assert merge_linked_rows(4, [(0, 1), (0, 2), (0, 3)], {(2, 3)}) == [[0, 1, 2], [3]]


def test_hdbscan_can_return_a_single_cluster() -> None:
    close = np.full((6, 6), 0.95) + np.eye(6) * 0.05
    assert len(set(run_hdbscan(close, 0.3).tolist())) == 1


@pytest.mark.parametrize("score", [1e-6, 0.05, 0.95, 1.0])
def test_two_units_with_a_score_are_one_cluster(score: float) -> None:
    """The result without HDBSCAN equals that of HDBSCAN with two further units of score 0."""
    scores = np.array([[1, score], [score, 1]])
    apart = np.eye(4)
    apart[:2, :2] = scores
    one, other, *_ = run_hdbscan(apart, 0.1).tolist()
    assert one == other
    assert run_hdbscan(scores, 0.1).tolist() == [0, 0]


def test_renumber_follows_first_rows() -> None:
    assert renumber(np.array([7, 3, 7, 5])).tolist() == [0, 1, 0, 2]


def sizes_of(count: int, scores: np.ndarray, constraints: int) -> list[int]:
    parts: list[Rows] = list(
        split_components(all_pairs(count), scores, unstable(count), grouping_settings(constraints))
    )
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))
    return sorted(len(part) for part in parts)


def test_large_components_are_cut_at_weak_pairs() -> None:
    pairs = all_pairs(8)
    inside = (pairs[:, 0] < 4) == (pairs[:, 1] < 4)
    assert sizes_of(8, np.where(inside, 0.95, 0.2), 5) == [4, 4]


def test_components_without_weak_pairs_are_bounded() -> None:
    assert max(sizes_of(10, np.ones(45), 3)) <= 3
