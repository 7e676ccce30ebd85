"""Limits of one installation, and the number of installations."""

from dataclasses import replace

import pytest

from service.commands.capacity import load_costs
from service.domain.capacity.limits import count_installations, find_limits
from service.domain.capacity.load import Load, Machine
from tests.support.capacity_costs import make_costs

MACHINE = Machine()
LOAD = Load(articles_per_day=864_000)


def test_the_lowest_limit_comes_first():
    costs = make_costs(place=0.01, database_place=0.01, describe=0.03, fetch=0.001)
    limits = find_limits(LOAD, MACHINE, costs)
    assert limits[0].part == "describe"
    place = next(each for each in limits if each.part == "place")
    assert place.utilisation == pytest.approx(0.2)
    assert place.articles_per_day == pytest.approx(0.7 / 0.02 * 86_400, rel=1e-6)
    assert [each.articles_per_day for each in limits] == sorted(
        each.articles_per_day for each in limits
    )


def test_place_and_reconcile_share_one_lock():
    costs = make_costs(place=0.01, load_window=0.0001)
    use = {each.part: each.utilisation for each in find_limits(LOAD, MACHINE, costs)}
    assert use["write lock"] == pytest.approx(use["place"] + use["reconcile"])
    assert use["reconcile"] == pytest.approx(LOAD.window_articles * 0.0001 / 300)


def test_installations_are_as_few_as_possible():
    load, costs = Load(articles_per_day=1_000_000), load_costs()
    count = count_installations(load, MACHINE, costs)
    assert count > 1
    assert _fits(load, count)
    assert not _fits(load, count - 1)


def _fits(load: Load, installations: int) -> bool:
    """Whether one installation with its part of the articles stays within all limits."""
    part = replace(load, articles_per_day=load.articles_per_day / installations)
    return all(
        each.utilisation <= load.max_load for each in find_limits(part, MACHINE, load_costs())
    )


def test_more_articles_never_need_fewer_machines():
    costs = load_costs()
    counts = [
        count_installations(Load(articles_per_day=10.0**power), MACHINE, costs)
        for power in range(1, 8)
    ]
    assert counts == sorted(counts)
    assert counts[0] == 1
