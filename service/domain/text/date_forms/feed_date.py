"""A date as a feed states it, with its precision."""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

#: The smallest unit in which a date is known. "minute" includes finer times.
Precision = Literal["minute", "day", "month", "year"]


@dataclass(frozen=True, slots=True)
class FeedDate:
    """A date and its precision; `at` is the time or the start of the day, month or year, in UTC."""

    at: datetime
    precision: Precision

    @property
    def latest(self) -> datetime:
        """The last second that the date can mean."""
        if self.precision == "minute":
            return self.at
        days = {
            "day": 1,
            "month": monthrange(self.at.year, self.at.month)[1],
            "year": 366 if isleap(self.at.year) else 365,
        }[self.precision]
        return self.at + timedelta(days=days, seconds=-1)
