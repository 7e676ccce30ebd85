"""Dates in feeds: parsing with precision, plausibility checks, and dates of undated entries."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Literal

from service.domain.text.date_forms.feed_date import FeedDate, Precision
from service.domain.text.date_forms.grammar import at_clock, read_date, time_of_day

DateFlag = Literal["ok", "missing", "future", "ancient", "unparsable", "vague"]

#: No feed is older; earlier dates are software defaults (1970, 1900, 0001).
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Sorts before all dates, in place of a missing one.
NO_DATE = datetime.min.replace(tzinfo=UTC)
#: A day starts this much earlier in the easternmost time zone than in UTC.
_EASTERNMOST = timedelta(hours=14)

_CLOCK_AND_ZONE = r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)? ?([Zz]|GMT|UTC|[+-]\d\d:?\d\d)"
_ISO_8601 = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)[Tt ]{_CLOCK_AND_ZONE}", re.ASCII)
_RFC_822 = re.compile(
    rf"(?:[A-Za-z]{{3,9}},? +)?(\d{{1,2}}) ([A-Za-z]{{3}}) (\d{{4}}) {_CLOCK_AND_ZONE}", re.ASCII
)
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}


@dataclass(frozen=True, slots=True)
class CheckedDate:
    """A feed's date after the plausibility check; `trusted` is None unless the flag is "ok".

    `precision` is that of the date in the feed, None without one. The flag "vague" marks a date of
    which only the month or the year is known.
    """

    trusted: datetime | None
    claimed_date: datetime | None
    flag: DateFlag
    precision: Precision | None = None


def check_date(
    raw: str, parsed: FeedDate | None, *, now: datetime, tolerance: timedelta
) -> CheckedDate:
    """Trust a date from 1990 up to `now` plus `tolerance` if at least its day is known.

    The tolerance allows for publishers whose clocks are minutes ahead; dates within it are
    returned unchanged. A day may already have begun in an eastern time zone.
    """
    if parsed is None:
        return CheckedDate(None, None, "unparsable" if raw.strip() else "missing")
    ahead = tolerance if parsed.precision == "minute" else max(tolerance, _EASTERNMOST)
    flag = _judge(parsed, now, ahead)
    trusted = parsed.at if flag == "ok" else None
    return CheckedDate(trusted, parsed.at, flag, parsed.precision)


def parse_date(
    raw: str, *, language: str = "", country: str = "", zone: tzinfo | None = None
) -> FeedDate | None:
    """Parse the date of a feed; return None if it is not a date.

    Accepts RFC 822, ISO 8601, and dates in words or digits in the languages of CLDR. A time without
    a known zone is read in `zone`; without `zone`, it counts as a day. `language` (a tag such as
    `en-GB`) and `country` (of the outlet) resolve forms such as 03/04/2026; without them, only
    the year is certain. A wrong weekday is ignored, 24:00 is the next midnight, and second 60 the
    next minute.
    """
    text = raw.strip()
    if not text:
        return None
    # Nearly all feeds have one of these two forms, and the grammar is many times slower.
    if match := _ISO_8601.fullmatch(text):
        year, month, day, *clock = match.groups()
        return _parse_parts(int(year), int(month), int(day), *clock)
    if (match := _RFC_822.fullmatch(text)) and match[2].lower() in _MONTHS:
        day, name, year, *clock = match.groups()
        return _parse_parts(int(year), _MONTHS[name.lower()], int(day), *clock)
    return read_date(raw, language=language, country=country, zone=zone)


def parse_retry_after(value: str, *, now: datetime) -> timedelta | None:
    """Parse a Retry-After header (seconds or an HTTP date); return None if it is invalid."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), 10**8))
    try:
        retry_at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    retry_at = retry_at if retry_at.tzinfo else retry_at.replace(tzinfo=UTC)
    return max(retry_at - now, timedelta(0))


def _judge(date: FeedDate, now: datetime, ahead: timedelta) -> DateFlag:
    if date.at < EARLIEST:
        return "ancient"
    if date.at - ahead > now:
        return "future"
    return "ok" if date.precision in {"minute", "day"} else "vague"


def _parse_parts(  # noqa: PLR0917 - the groups of a match
    year: int, month: int, day: int, hour: str, minute: str, second: str | None, zone: str
) -> FeedDate | None:
    offset = timedelta(0)
    if zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (
            -1 if zone[0] == "-" else 1
        )
    try:
        clock = time_of_day(int(hour), int(minute), int(second or 0))
        return at_clock(datetime(year, month, day), clock, timezone(offset))  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None
