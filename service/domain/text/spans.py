"""Time windows around timestamps."""

from collections.abc import Iterable
from datetime import datetime, timedelta

#: Start and end of a time window, both inclusive.
Span = tuple[datetime, datetime]


def merge_windows(timestamps: Iterable[datetime], radius: timedelta) -> list[Span]:
    """Return the disjoint windows, ascending, that cover `radius` around every timestamp."""
    spans: list[Span] = []
    for timestamp in sorted(timestamps):
        start, end = timestamp - radius, timestamp + radius
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
