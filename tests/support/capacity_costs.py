"""Costs for tests of the capacity model."""

from dataclasses import fields

from service.domain.capacity.costs import Cost, Costs

#: With these exponents and sizes, costs are proportional to the articles.
_NEUTRAL = {"grouping_articles": 1.0, "grouping_exponent": 1.0, "search_comparison_exponent": 1.0}


def make_costs(**values: float | tuple[float, float]) -> Costs:
    """Return costs that are 0 except for `values`; a pair is (value, with_text)."""
    given = {each.name: 0.0 for each in fields(Costs)} | _NEUTRAL | values
    pairs = {
        name: value if isinstance(value, tuple) else (value, value) for name, value in given.items()
    }
    return Costs(**{name: Cost(*pair, unit="unit", source="test") for name, pair in pairs.items()})
