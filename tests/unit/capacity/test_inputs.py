"""Inputs of the model: load, machine and costs."""

import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest

from service.commands.capacity import COSTS_FILE, load_costs
from service.domain.capacity.costs import Costs
from service.domain.capacity.load import Load, Machine
from service.errors import BadInputError


@pytest.mark.parametrize(
    "values",
    [
        {"articles_per_day": 0},
        {"articles_per_day": -5},
        {"articles_per_day": math.nan},
        {"articles_per_day": math.inf},
        {"window_days": 0},
        {"share_with_text": 1.1},
        {"largest_language_share": 0},
        {"reconcile_seconds": 0},
        {"reconcile_cores": 0},
        {"stored_days": 0},
        {"digests_per_day": -1},
        {"max_load": 0},
    ],
)
def test_an_impossible_load_is_rejected(values: dict[str, Any]):
    with pytest.raises(BadInputError, match="is outside of"):
        replace(Load(10), **values)


@pytest.mark.parametrize("values", [{"cores": 0}, {"memory_gb": 0}, {"cores": math.inf}])
def test_an_impossible_machine_is_rejected(values: dict[str, float]):
    with pytest.raises(BadInputError, match="of a machine"):
        Machine(**values)


def test_each_cost_has_a_source():
    costs = load_costs()
    for each in fields(Costs):
        cost = getattr(costs, each.name)
        assert cost.source, each.name
        assert cost.unit, each.name
        assert cost.value > 0, each.name
    assert set(json.loads(COSTS_FILE.read_text())["costs"]) == {each.name for each in fields(Costs)}


@pytest.mark.parametrize("missing", ["value", "unit", "source"])
def test_a_cost_without_source_is_rejected(missing: str):
    document = json.loads(COSTS_FILE.read_text())
    del document["costs"]["encode"][missing]
    with pytest.raises(BadInputError, match="encode"):
        Costs.parse_json(json.dumps(document))
