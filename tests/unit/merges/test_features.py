from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from service.domain.articles.model import Article, Rows
from service.domain.grouping.cluster import build_component
from service.domain.merges.features import MERGE_FEATURES, Component, _smallest_distance
from service.domain.pairs.features import Features, TokenisedArticles
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    pair_model,
)


def component(articles: Sequence[Article]) -> Component:
    """A component of all articles, one unit each."""
    tokenised = TokenisedArticles.build(articles, encoded(articles))
    features = Features.build(tokenised, tokenised.build_vocabulary())
    members = [[row] for row in range(len(articles))]
    return build_component(members, set(), features, pair_model(), grouping_settings())


def features_of(articles: Sequence[Article], one: list[int], other: list[int]) -> dict[str, float]:
    rows: tuple[Rows, Rows] = np.array(one), np.array(other)
    values = component(articles).merge_features(*rows)
    return dict(zip(MERGE_FEATURES, values.tolist(), strict=True))


def article(number: int, text: str, hour: float | None = 0.0, outlet: str = "") -> Article:
    published = None if hour is None else START + timedelta(hours=hour)
    return Article(number, text, text, outlet or f"outlet-{number}", published=published)


def test_features_are_finite_and_symmetric() -> None:
    articles = event_articles(each=3)
    undated = [replace(each, published=None) for each in articles]
    for each in (articles, undated):
        built = component(each)
        for one, other in (([0], [1]), ([0, 1], [3, 4, 5]), ([2, 6], [7])):
            rows = np.array(one), np.array(other)
            values = built.merge_features(*rows)
            assert np.isfinite(values).all()
            assert built.merge_features(*rows[::-1]) == pytest.approx(values)


def test_identical_groups_have_cosine_one() -> None:
    values = features_of([article(0, EVENTS[0]), article(1, EVENTS[0])], [0], [1])
    assert [values[name] for name in ("dense", "title", "body")] == pytest.approx(
        [1, 1, 1], abs=1e-5
    )
    assert values["names_shared"] == pytest.approx(1)
    assert values["name_missing_max"] == values["name_missing_min"] == 0


def test_name_of_one_group_only_is_missing_in_the_other() -> None:
    same = "strong quake shakes the coast of"
    articles = [article(0, f"{same} Ardania"), article(1, f"{same} Belmora"), article(2, same)]
    apart = features_of(articles, [0], [1])
    general = features_of(articles, [0], [2])
    assert apart["names_shared"] == 0
    assert apart["name_missing_max"] > 0 < apart["name_missing_min"]
    assert general["name_missing_max"] > 0 == general["name_missing_min"]


@pytest.mark.parametrize(("hours", "repeating"), [(1.0, 1.0), (2.0, 0.0)])
def test_outlet_that_publishes_twice_at_one_time_repeats(hours: float, repeating: float) -> None:
    articles = [article(0, EVENTS[0], 0, "one"), article(1, EVENTS[0], hours, "one")]
    values = features_of(articles, [0], [1])
    assert values["outlets_shared"] == 1
    assert values["outlets_repeating"] == repeating


def test_smallest_distance_equals_that_of_all_pairs() -> None:
    generator = np.random.default_rng(7)
    for _ in range(50):
        one, other = (generator.integers(0, 30, generator.integers(1, 6)) / 2 for _ in range(2))
        assert _smallest_distance(one, other) == np.abs(one[:, None] - other[None, :]).min()
    assert _smallest_distance(np.array([np.nan]), np.array([1.0])) == np.inf


def test_hours_ignore_undated_articles() -> None:
    hours = [0.0, 2.0, None, 5.0, None]
    articles = [article(number, EVENTS[0], hour) for number, hour in enumerate(hours)]
    values = features_of(articles, [0, 1, 2], [3, 4])
    assert [values[name] for name in ("hours_between", "hours_span", "hours_gap")] == pytest.approx(
        np.log1p([4, 5, 3]).tolist()
    )
    assert values["undated"] == pytest.approx(0.4)


def test_rival_is_the_nearest_unit_outside_of_both_groups() -> None:
    articles = [article(number, EVENTS[number // 3]) for number in range(4)]
    assert features_of(articles, [0], [1])["rival_margin"] < 0.01  # a third report
    assert features_of(articles, [0, 1], [2])["rival_margin"] > 0.5  # only another event


def test_sizes_count_articles() -> None:
    articles = [article(number, EVENTS[0]) for number in range(5)]
    values = features_of(articles, [0, 1, 2], [3, 4])
    assert values["size"] == pytest.approx(np.log(5))
    assert values["smaller_size"] == pytest.approx(np.log(2))
    assert values["same_cluster"] == pytest.approx(1)
