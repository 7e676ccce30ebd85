"""Estimate of cores, machines, memory and database."""

from dataclasses import replace

import pytest

from service.domain.capacity.estimate import estimate
from service.domain.capacity.grouping import (
    grouping_seconds,
    reconcile_seconds,
    search_memory,
    search_seconds,
)
from service.domain.capacity.load import Load, Machine
from tests.support.capacity_costs import make_costs

MACHINE = Machine(cores=10, memory_gb=10)
#: Ten articles per second.
LOAD = Load(articles_per_day=864_000, window_days=1, max_load=1)


def test_a_step_uses_its_cost_times_the_articles_per_second():
    cores = estimate(LOAD, MACHINE, make_costs(encode=0.5, place=0.01)).cores
    assert cores["encode"] == pytest.approx(5)
    assert cores["place"] == pytest.approx(0.1)
    assert cores["fetch"] == 0


def test_articles_with_text_cost_their_own_value():
    half = Load(articles_per_day=864_000, share_with_text=0.5, max_load=1)
    result = estimate(half, MACHINE, make_costs(parse=(0.01, 0.03), size=(1000, 3000)))
    assert result.cores["parse"] == pytest.approx(0.2)
    assert result.size_per_day == pytest.approx(864_000 * 2000)


def test_machines_have_room_for_cores_and_memory():
    by_cores = estimate(LOAD, MACHINE, make_costs(encode=2.5))
    assert by_cores.machines == 3
    by_memory = estimate(LOAD, MACHINE, make_costs(window_memory=50_000))
    # 864,000 articles need 43.2 GB, and one machine has 10 GB.
    assert (by_memory.installations, by_memory.machines) == (5, 5)
    spare = Load(articles_per_day=864_000, window_days=1, max_load=0.5)
    assert estimate(spare, MACHINE, make_costs(encode=2.5)).machines == 5


def test_a_second_primary_is_needed_if_one_is_full():
    result = estimate(LOAD, MACHINE, make_costs(database_encode=1.2, rows=3, wal=100))
    assert (result.primaries, result.installations) == (2, 2)
    assert result.rows_per_second == pytest.approx(30)
    assert result.wal_per_second == pytest.approx(1000)


def test_regrouping_the_window_grows_with_its_square():
    costs = make_costs(search_comparison=1e-9)
    twice = Load(articles_per_day=2 * 864_000, window_days=1, max_load=1)
    one, other = (reconcile_seconds(load, 1, costs) for load in (LOAD, twice))
    assert one == pytest.approx(864_000**2 * 1e-9)
    assert other == pytest.approx(4 * one)
    # A run of 746 s does not fit between two runs; half of the window takes a quarter of it.
    assert estimate(LOAD, MACHINE, costs).installations == 2


def test_cores_share_a_run_of_reconcile():
    costs = make_costs(search_comparison=1e-9)
    shared = replace(LOAD, reconcile_cores=4)
    one, other = (reconcile_seconds(load, 1, costs) for load in (LOAD, shared))
    assert other == pytest.approx(one / 4)
    assert estimate(shared, MACHINE, costs).cores["candidates"] == pytest.approx(one / 300)


def test_comparing_only_new_articles_costs_their_share():
    costs = make_costs(search_comparison=1e-9)
    whole = Load(articles_per_day=86_400, window_days=1, max_load=1)
    new = Load(articles_per_day=86_400, window_days=1, max_load=1, only_new=True)
    seconds = [estimate(load, MACHINE, costs).reconcile_seconds for load in (whole, new)]
    assert seconds == [pytest.approx(86_400**2 * 1e-9), pytest.approx(300 * 86_400 * 1e-9)]


def test_grouping_grows_with_the_measured_exponent():
    costs = make_costs(merges=0.001, grouping_articles=1000, grouping_exponent=1.5)
    assert grouping_seconds(1000, 1000, 0, costs) == pytest.approx(1)
    assert grouping_seconds(4000, 4000, 0, costs) == pytest.approx(8)


def test_search_grows_with_the_measured_exponents():
    costs = make_costs(
        search_setup=1e-6,
        search_comparison=1e-9,
        search_comparison_exponent=2,
    )
    assert search_seconds(10, 1000, costs) == pytest.approx(1e-3 + 10 * 1e-3)


def test_all_shards_keep_their_vectors_and_one_is_searched():
    costs = make_costs(search_base_memory=5, shard_memory=2, search_memory=3)
    assert search_memory(100, 8, costs) == 5 + 8 * 200 + 300


def test_reembedding_encodes_all_stored_articles():
    load = Load(articles_per_day=3600, stored_days=10)
    result = estimate(load, MACHINE, make_costs(encode=2, size=100, vector_index=10))
    assert result.reembed_core_hours == pytest.approx(20)
    assert (result.stored_size, result.vector_index) == (3_600_000, 360_000)


def test_the_largest_language_has_its_share_of_the_installations():
    costs = make_costs(place=0.5, largest_language_share=0.55)
    result = estimate(LOAD, MACHINE, costs)
    assert (result.installations, result.language_installations) == (5, 3)
    given = replace(LOAD, largest_language_share=0.9)
    assert estimate(given, MACHINE, costs).language_installations == 5
