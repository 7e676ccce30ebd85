"""Countries, languages and families with far fewer articles today than usual."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Number of earlier days to compare with, and the minimum of days with articles.
DAYS, MIN_DAYS = 28, 7
#: With fewer articles today, the values of a day cannot be compared.
MIN_ARTICLES = 20
#: Today is quiet below this fraction of the median of the earlier days.
MAX_FRACTION = 0.5


@dataclass(frozen=True, slots=True)
class DailyCounts:
    """Articles per day, oldest day first; the last one is today."""

    value: str  #: empty for all articles
    days: tuple[int, ...]

    @property
    def today(self) -> int:
        """Number of articles today."""
        return self.days[-1]

    @property
    def usual(self) -> float:
        """Median number of articles on the earlier days."""
        return statistics.median(self.days[:-1])

    @property
    def has_enough_days(self) -> bool:
        """Whether enough earlier days have articles to compare with."""
        return sum(count > 0 for count in self.days[:-1]) >= MIN_DAYS

    @property
    def has_few_articles(self) -> bool:
        """Whether today has too few articles to compare its values."""
        return self.today < MIN_ARTICLES


def sum_by_value(
    cells: Mapping[tuple[int, tuple[str, ...]], int], position: int, days: int
) -> dict[str, list[int]]:
    """Articles per day by the value at a position of the keys; unknown values are omitted.

    `cells` are counts by index of the day and keys.
    """
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * days)
    for (day, keys), count in cells.items():
        if keys[position]:
            sums[keys[position]][day] += count
    return sums


def find_quiet(counts: Mapping[str, Sequence[int]]) -> list[DailyCounts]:
    """The quiet values, the one with the largest usual number first.

    Today has fewer articles than each earlier day, and fewer than half of their median. A weekend
    is therefore not quiet, because earlier weekends had as few articles.
    """
    values = (DailyCounts(value, tuple(days)) for value, days in counts.items())
    quiet = (each for each in values if _is_quiet(each.days))
    return sorted(quiet, key=lambda each: (-each.usual, each.value))


def sum_by_day(cells: Mapping[tuple[int, tuple[str, ...]], int], days: int) -> DailyCounts:
    """All articles per day; `cells` are counts by index of the day and keys."""
    totals = [0] * days
    for (day, _), count in cells.items():
        totals[day] += count
    return DailyCounts("", tuple(totals))


def _is_quiet(days: Sequence[int]) -> bool:
    earlier, today = days[:-1], days[-1]
    is_lowest: bool = today < min(earlier)
    return is_lowest and today < MAX_FRACTION * statistics.median(earlier)
