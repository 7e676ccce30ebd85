"""Fits of the measured costs recover known costs."""

import pytest

from tests.bench.capacity.measure import QUERIES, SHARD_ROWS, search_entries, window_entries
from tests.bench.capacity.shard_search import SearchCost
from tests.bench.capacity.window_cost import WindowCost


def test_search_costs_are_recovered():
    measured = [
        [
            SearchCost(
                rows=rows,
                queries=queries,
                shards=1,
                seconds=1e-5 * rows + 2e-9 * queries * rows**1.2,
                loaded_memory=100 + 7 * rows,
                peak_memory=300 + 10 * rows,
            )
            for queries in QUERIES
        ]
        for rows in SHARD_ROWS
    ]
    values = {name: each["value"] for name, each in search_entries(measured).items()}
    assert values["search_setup"] == pytest.approx(1e-5, rel=0.01)
    assert values["search_comparison"] == pytest.approx(2e-9, rel=0.01)
    assert values["search_comparison_exponent"] == pytest.approx(1.2, rel=0.01)
    assert values["search_base_memory"] == pytest.approx(300, rel=0.01)
    assert (values["shard_memory"], values["search_memory"]) == (7, 3)


@pytest.mark.parametrize(("exponent", "fitted"), [(1.3, 1.3), (0.8, 1.0)])
def test_growth_of_grouping_is_recovered_and_at_least_linear(exponent: float, fitted: float):
    windows = [
        WindowCost(
            articles=count,
            features=1e-3 * count**exponent,
            candidates=0,
            pair_scores=0,
            merges=1e-3 * count**exponent,
            pairs=0,
            start_memory=0,
            peak_memory=1000,
        )
        for count in (1000, 2000, 4000)
    ]
    entries = window_entries(windows, windows[1])
    assert entries["grouping_exponent"]["value"] == pytest.approx(fitted)
    assert entries["merges"]["value"] == pytest.approx(4000 ** (exponent - 1) * 1e-3, rel=0.01)
