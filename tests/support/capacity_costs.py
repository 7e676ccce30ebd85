"""Costs for tests of the capacity model."""

from dataclasses import fields

from service.domain.capacity.costs import Cost, Costs

#: Exponents and sizes that leave a cost proportional to the articles.
_NEUTRAL = {"grouping_articles": 1.0, "grouping_exponent": 1.0, "search_comparison_exponent": 1.0}


def make_costs(**values: float | tuple[float, float]) -> Costs:
    """Return costs that are 0 except for `values`; a pair has the value without and with text."""
    given = {each.name: 0.0 for each in fields(Costs)} | _NEUTRAL | values
    pairs = {
        name: value if isinstance(value, tuple) else (value, value) for name, value in given.items()
    }
    return Costs(**{name: Cost(*pair, unit="unit", source="test") for name, pair in pairs.items()})
