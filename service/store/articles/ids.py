"""Article ids: the day an article was first seen, then a running number.

`id = days since 2000-01-01 << 38 | number`: 15 bits and 38 bits, together within the 53
that JSON readers keep exact. Ids of one day are one range, so that `articles` can be
partitioned by day on its primary key alone.
"""

from datetime import UTC, date, datetime, timedelta

EPOCH = date(2000, 1, 1)
NUMBER_BITS = 38


def compose(first_seen: datetime, number: int) -> int:
    """The id of the article with this running number."""
    return first_of(first_seen.astimezone(UTC).date()) | (number % (1 << NUMBER_BITS))


def first_of(day: date) -> int:
    """The lowest id of a day; the bound of its partition."""
    return (day - EPOCH).days << NUMBER_BITS


def day_of(article_id: int) -> date:
    """The day on which an article was first seen, in UTC."""
    return EPOCH + timedelta(days=article_id >> NUMBER_BITS)
