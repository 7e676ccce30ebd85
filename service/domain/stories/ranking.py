"""The order in which stories matter."""

import math
from dataclasses import dataclass
from datetime import datetime

#: A story counts as reported so many hours later for each doubling of its independent coverage,
HOURS_PER_DOUBLING = 12.0
#: and for each doubling of one more than the outlets per hour that took it up at the end.
HOURS_PER_HASTE = 3.0
#: One that a single outlet tells counts as so many hours older: nobody bears it out yet, and most
#: of them nobody ever will.
HOURS_ALONE = 24.0


@dataclass(frozen=True, slots=True)
class Rank:
    """A story's rank in its parts, each in hours; their sum orders stories, highest first."""

    age: float  #: hours since 1970 of the last report
    coverage: float  #: for independent coverage
    velocity: float  #: for the speed at which outlets took it up

    @property
    def total(self) -> float:
        """The rank."""
        return self.age + self.coverage + self.velocity


def rank(independent: int, last_reported_at: datetime, outlets_per_hour: float = 0.0) -> Rank:
    """A story's rank from independent coverage, velocity and age.

    ::

        rank = hours since 1970 of the last report        age: every hour without one costs 1
             + 12 * log2(independent coverage)            4 outlets make up for 24 hours;
                                                          a single one costs 24 instead
             +  3 * log2(1 + new outlets per hour)        3 new ones an hour for 6 hours

    It orders stories like "independent coverage times a power of velocity, halved every twelve
    hours", but does not depend on the present moment: it need be computed only when a story
    changes, can be indexed, and pages of a list fit together. Logarithms, since the tenth outlet
    tells less than the second. Velocity is that of the hours up to the last report
    (`pace.Pace.outlets_per_hour`), so that it ages with the story.
    """
    hours = last_reported_at.timestamp() / 3600
    return Rank(
        age=hours,
        coverage=HOURS_PER_DOUBLING * math.log2(independent) if independent > 1 else -HOURS_ALONE,
        velocity=HOURS_PER_HASTE * math.log2(1 + outlets_per_hour),
    )


def explain(parts: Rank, now: datetime) -> str:
    """A rank in words: the hours that count for a story and, at this moment, against it."""
    hours = now.timestamp() / 3600
    return (
        f"{parts.total - hours:+.1f} h = {parts.coverage:+.1f} independent coverage "
        f"{parts.velocity:+.1f} velocity {parts.age - hours:+.1f} age"
    )
