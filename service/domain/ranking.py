"""The order in which stories matter."""

import math
from datetime import datetime

#: A story counts as reported so many hours later for each doubling of its independent coverage.
HOURS_PER_DOUBLING = 12.0


def rank(independent: int, last_reported_at: datetime) -> float:
    """A story's rank: hours since 1970 of its last report, and 12 for each doubling of coverage.

    It orders stories like "independent coverage, halved every twelve hours", but does not depend
    on the present moment: it need be computed only when a story changes, can be indexed, and
    pages of a list fit together. Higher is first.
    """
    hours = last_reported_at.timestamp() / 3600
    return hours + HOURS_PER_DOUBLING * math.log2(max(independent, 1))
