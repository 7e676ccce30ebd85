"""Article ids: the day an article was first seen, then a sequence number.

`id = days since 2000-01-01 << 38 | number` has 15 + 38 = 53 bits, which JSON numbers represent
exactly. The ids of a day form one range, so `articles` can be partitioned by day on its primary
key alone.
"""

from datetime import UTC, date, datetime, timedelta

EPOCH = date(2000, 1, 1)
NUMBER_BITS = 38


def make_article_id(first_seen: datetime, number: int) -> int:
    """Compose the id of an article from its first day (UTC) and a sequence number."""
    return first_id_of_day(first_seen.astimezone(UTC).date()) | (number % (1 << NUMBER_BITS))


def first_id_of_day(day: date) -> int:
    """Return the lowest id of a day, the lower bound of its partition."""
    return (day - EPOCH).days << NUMBER_BITS


def day_of_id(article_id: int) -> date:
    """Return the day on which an article was first seen, in UTC."""
    return EPOCH + timedelta(days=article_id >> NUMBER_BITS)
