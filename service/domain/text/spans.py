"""Spans of time around moments."""

from collections.abc import Iterable
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]


def around(moments: Iterable[datetime], reach: timedelta) -> list[Span]:
    """The fewest spans that hold everything within `reach` of a moment, in order, disjoint."""
    spans: list[Span] = []
    for moment in sorted(moments):
        start, end = moment - reach, moment + reach
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
