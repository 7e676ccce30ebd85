from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest

from service.domain.articles.model import Article, Floats, Rows
from service.domain.grouping.cluster import build_components
from service.domain.merges.comparison import find_repeats
from service.domain.merges.features import MERGE_FEATURES, Components
from service.domain.merges.group_pairs import GroupPairs
from service.domain.pairs.features import Features, TokenisedArticles
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    pair_model,
)


def components(*articles: Sequence[Article]) -> Components:
    """Components of the articles, one unit each."""
    members = iter(range(sum(map(len, articles))))
    parts = [[[next(members)] for _ in part] for part in articles]
    together = [article for part in articles for article in part]
    tokenised = TokenisedArticles.build(together, encoded(together))
    features = Features.build(tokenised, tokenised.build_vocabulary())
    return build_components(parts, set(), features, pair_model(), grouping_settings())


def compare(built: Components, *pairs: tuple[list[int], list[int]]) -> Floats:
    rows: list[tuple[Rows, Rows]] = [(np.array(one), np.array(other)) for one, other in pairs]
    return built.merge_features(GroupPairs.build(rows, len(built.units)))


def features_of(articles: Sequence[Article], one: list[int], other: list[int]) -> dict[str, float]:
    values = compare(components(articles), (one, other))[0]
    return dict(zip(MERGE_FEATURES, values.tolist(), strict=True))


def article(number: int, text: str, hour: float | None = 0.0, outlet: str = "") -> Article:
    published = None if hour is None else START + timedelta(hours=hour)
    return Article(number, text, text, outlet or f"outlet-{number}", published=published)


def test_features_are_finite_and_symmetric() -> None:
    articles = event_articles(each=3)
    undated = [replace(each, published=None) for each in articles]
    for each in (articles, undated):
        built = components(each)
        for one, other in (([0], [1]), ([0, 1], [3, 4, 5]), ([2, 6], [7])):
            values = compare(built, (one, other))
            assert np.isfinite(values).all()
            assert compare(built, (other, one)) == pytest.approx(values)


def test_pairs_compared_together_have_the_features_of_pairs_compared_alone() -> None:
    built = components(event_articles(each=3))
    pairs = [([0], [1]), ([0, 1], [3, 4, 5]), ([2, 6], [7])]
    alone = np.concatenate([compare(built, pair) for pair in pairs])
    assert compare(built, *pairs) == pytest.approx(alone)
    assert compare(built).shape == (0, len(MERGE_FEATURES))


def test_other_components_do_not_change_the_features() -> None:
    articles = [
        article(number, EVENTS[number % 2], hour, f"outlet-{number % 2}")
        for number, hour in enumerate((0.0, 1.0, 2.0, None, 4.0, 5.0))
    ]
    joined = components(articles[:3], articles[3:])
    same_window = components(articles)
    pairs = [([3], [4]), ([3, 4], [5])]
    alone = dict(zip(MERGE_FEATURES, compare(same_window, *pairs).T, strict=True))
    together = dict(zip(MERGE_FEATURES, compare(joined, *pairs).T, strict=True))
    # In one component with all articles, there are other rivals and clusters.
    for name in set(MERGE_FEATURES) - {"rival_score", "rival_margin", "same_cluster"}:
        assert together[name] == pytest.approx(alone[name]), name
    assert together["rival_score"][1] == 0  # no third group in its component
    assert alone["rival_score"][1] > 0


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


def test_repeats_are_the_near_articles_of_one_outlet_in_two_units() -> None:
    generator = np.random.default_rng(7)
    for _ in range(50):
        outlets, units = generator.integers(-1, 3, 12), np.sort(generator.integers(0, 5, 12))
        hours = np.where(generator.random(12) < 0.1, np.nan, generator.integers(0, 20, 12) / 2)
        expected = {
            (outlets[one], units[one], units[other])
            for one, other in combinations(range(12), 2)
            if outlets[one] == outlets[other] >= 0
            and units[one] != units[other]
            and abs(hours[one] - hours[other]) <= 1.5
        }
        repeats = find_repeats(outlets, hours, units)
        assert list(map(tuple, repeats.tolist())) == sorted(expected)


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
