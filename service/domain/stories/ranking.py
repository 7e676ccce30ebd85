"""Story rank: default list order from independent coverage, velocity and recency."""

import math
from dataclasses import dataclass
from datetime import datetime

#: Hours of recency that each doubling of independent coverage is worth.
HOURS_PER_DOUBLING = 12.0
#: Hours of recency that each doubling of (1 + new outlets per hour) is worth.
HOURS_PER_VELOCITY_DOUBLING = 3.0
#: Hours subtracted from a story with a single outlet: it is unconfirmed, and most such stories
#: are never confirmed.
SINGLE_OUTLET_PENALTY_HOURS = 24.0
#: Hours subtracted from a story without a dated report. It is longer than the window, so that such
#: a story is listed after the dated ones of the window.
UNDATED_PENALTY_HOURS = 336.0


@dataclass(frozen=True, slots=True)
class Rank:
    """Components of a story's rank in hours. Lists are sorted by `total`, highest first."""

    age: float  #: recency: time of the last report in hours since 1970; stored under this name
    coverage: float  #: bonus for independent coverage
    velocity: float  #: bonus for new outlets per hour

    @property
    def total(self) -> float:
        """The sum of all components."""
        return self.age + self.coverage + self.velocity


def compute_rank(
    independent: int,
    last_reported_at: datetime,
    outlets_per_hour: float = 0.0,
    *,
    dated: bool = True,
) -> Rank:
    """The rank of a story from its independent coverage, velocity and last report.

    ::

        rank = hours since 1970 of the last report        age: each hour without a report costs 1,
                                                          having no dated report costs 336
             + 12 * log2(independent coverage)            4 outlets gain 24 hours;
                                                          a single outlet loses 24 instead
             +  3 * log2(1 + new outlets per hour)        3 new outlets an hour gain 6 hours

    The order equals "independent coverage times a power of velocity, halved every twelve hours"
    but does not depend on the current time. It can be stored, indexed and paged, and only changes
    with the story. Logarithms reflect that the tenth outlet adds less than the second. Velocity
    ends at the last report (`pace.Pace.outlets_per_hour`), so that it ages with the story.
    """
    hours = last_reported_at.timestamp() / 3600
    return Rank(
        age=hours if dated else hours - UNDATED_PENALTY_HOURS,
        coverage=coverage_bonus(independent),
        velocity=HOURS_PER_VELOCITY_DOUBLING * math.log2(1 + outlets_per_hour),
    )


def coverage_bonus(independent: int) -> float:
    """The bonus for independent coverage, in hours; negative for a single outlet or none."""
    if independent > 1:
        return HOURS_PER_DOUBLING * math.log2(independent)
    return -SINGLE_OUTLET_PENALTY_HOURS


def explain_rank(parts: Rank, now: datetime) -> str:
    """A rank relative to `now` as a line of text: bonuses and recency in hours."""
    hours = now.timestamp() / 3600
    return (
        f"{parts.total - hours:+.1f} h = {parts.coverage:+.1f} independent coverage "
        f"{parts.velocity:+.1f} velocity {parts.age - hours:+.1f} recency"
    )
