"""Plots as inline SVG: bars with titles, in percent of the width."""

from collections.abc import Iterable
from dataclasses import dataclass

#: Height of a plot and of the lowest bar in pixels; gap between bars in percent of one.
HEIGHT, MIN_BAR, GAP = 60.0, 1.0, 15.0
#: A plot has room for this many bars at least, so that a single one is not as wide as the plot.
MIN_SLOTS = 12


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a plot; `title` is its text, `bad` marks a failure."""

    title: str
    value: float
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: x and width in percent, y and height in pixels."""

    x: float
    width: float
    y: float
    height: float
    title: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars from left to right; `label` names the plot with its first, last and largest value."""

    bars: tuple[Bar, ...]
    label: str
    first: str
    last: str
    largest: str


def plot_bars(name: str, values: Iterable[Value]) -> Plot | None:
    """Draw values as bars whose heights start at 0; None without values."""
    values = tuple(values)
    if not values:
        return None
    largest = max(values, key=lambda each: each.value)
    slot = 100 / max(len(values), MIN_SLOTS)
    bars = []
    for number, each in enumerate(values):
        share = each.value / largest.value if largest.value > 0 else 0.0
        height = max(share * HEIGHT, MIN_BAR)
        x, width = number * slot + slot * GAP / 200, slot * (100 - GAP) / 100
        bars.append(
            Bar(
                round(x, 3),
                round(width, 3),
                HEIGHT - height,
                round(height, 2),
                each.title,
                each.bad,
            )
        )
    label = f"{name}: {len(values)} values; first {values[0].title}; last {values[-1].title}; "
    label += f"largest {largest.title}"
    return Plot(tuple(bars), label, values[0].title, values[-1].title, largest.title)
