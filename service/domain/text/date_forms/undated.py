"""Dates of entries without a date: in the path of the link, or in a dateline."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from service.domain.text.date_forms.feed_date import FeedDate, Precision
from service.domain.text.date_forms.grammar import MAX_CHARACTERS, read_date

_YEAR = r"(?<!\d)((?:19|20)\d\d)"
#: In order of precision. A year alone is one segment of the path, because article ids may
#: have four digits, too.
_PATHS: tuple[tuple[Precision, re.Pattern[str]], ...] = (
    ("day", re.compile(rf"{_YEAR}([/-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")),
    ("day", re.compile(rf"{_YEAR}(/)(\d{{1,2}})/(\d{{1,2}})(?!\d)")),
    ("month", re.compile(rf"(?<=/){_YEAR}([/-])(0?[1-9]|1[0-2])(?=/)")),
    ("year", re.compile(rf"(?<=/){_YEAR}(?=/)")),
)
#: A dateline: a place in capitals or before a comma, a date, and a separator.
_DATELINE = re.compile(
    r"(?:(?:[Pp]ublished|[Pp]osted|[Uu]pdated)(?: on)?:? |(?P<place>[^\d,.:]{2,40}?)(?P<comma>, | ))??"
    r"(?P<date>\d{1,4}[^|:—–()]{3,40}?|[^\W\d]{3,12}\.? \d{1,2},? \d{4})"
    r"(?: ?[|:—–(]| -+ |$)"
)


def find_date(
    link: str, texts: tuple[str, ...], *, language: str, now: datetime
) -> FeedDate | None:
    """Find the date of an entry without one; the precision is at best a day.

    `texts` are title and lead. Dates after `now` and before 1990 are ignored.
    """
    dates = (_date_in_path(link), *(_date_in_dateline(text, language) for text in texts))
    return next((date for date in dates if date and _EARLIEST <= date.at <= now), None)


_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def _date_in_path(link: str) -> FeedDate | None:
    try:
        path = urlsplit(link).path
    except ValueError:
        return None
    for precision, pattern in _PATHS:
        for match in pattern.finditer(path):
            year, *rest = (int(part) for part in match.groups() if part.isdigit())
            month, day = (*rest, 1, 1)[:2]
            try:
                return FeedDate(datetime(year, month, day, tzinfo=UTC), precision)
            except ValueError:
                continue
    return None


def _date_in_dateline(text: str, language: str) -> FeedDate | None:
    match = _DATELINE.match(text[: 2 * MAX_CHARACTERS])
    if not match:
        return None
    place = match["place"]
    if place and match["comma"] == " " and not place.isupper():
        return None
    date = read_date(match["date"], language=language)
    return date if date and date.precision == "day" else None
