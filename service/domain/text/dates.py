"""Dates in feeds: parsing of common spellings, and plausibility checks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Literal

DateFlag = Literal["ok", "missing", "future", "ancient", "unparsable"]

#: No feed is older; earlier dates are software defaults (1970, 1900, 0001).
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

#: Time zone names in feeds, as hours from UTC. Ambiguous names have their most common meaning in
#: feeds: IST is India, CST and EST are American.
_ZONE_HOURS = (
    "UT=0 UTC=0 GMT=0 Z=0 WET=0 WEST=1 BST=1 CET=1 CEST=2 EET=2 EEST=3 TRT=3 MSK=3 MSD=4 "
    "WAT=1 CAT=2 SAST=2 EAT=3 IRST=3.5 GST=4 PKT=5 IST=5.5 NPT=5.75 ICT=7 WIB=7 HKT=8 "
    "SGT=8 PHT=8 AWST=8 JST=9 KST=9 ACST=9.5 ACDT=10.5 AEST=10 AEDT=11 NZST=12 NZDT=13 "
    "NST=-3.5 AST=-4 ADT=-3 EST=-5 EDT=-4 CST=-6 CDT=-5 MST=-7 MDT=-6 PST=-8 PDT=-7"
)
ZONES = {
    name: timedelta(hours=float(hours))
    for name, _, hours in (zone.partition("=") for zone in _ZONE_HOURS.split())
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january янв января janv janvier ene enero januar gen gennaio ocak",
            "feb february фев февраля fév février feb febrero februar febbraio şubat",
            "mar march мар марта mars marzo märz mär mart",
            "apr april апр апреля avr avril abr abril aprile nisan",
            "may may мая mai mayo maggio mag mayıs",
            "jun june июн июня juin junio juni giugno giu haziran",
            "jul july июл июля juil juillet julio juli luglio lug temmuz",
            "aug august авг августа août aout ago agosto ağustos",
            "sep sept september сен сентября septembre septiembre settembre eylül",
            "oct october окт октября octobre octubre okt oktober ottobre ekim",
            "nov november ноя ноября novembre noviembre kasım",
            "dec december дек декабря déc décembre dic diciembre dez dezember dicembre aralık",
        ),
        start=1,
    )
    for name in names.split()
}

_CLOCK = (
    r"(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
)
_ZONE = r" ?(?P<zone>(?:utc|gmt)?[+-]\d{1,2}:?(?:\d{2})?|[a-z]{1,5})?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?"
_MONTH = r"(?P<month>[^\W\d]{3,12})\.?"
_TIME = rf"(?: (?:at )?{_CLOCK}{_ZONE})?"
# Matched against lower-case text with single spaces and without commas.
_FORMS = (
    re.compile(
        r"(?P<year>\d{4})-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?"
        rf"(?:[t ]{_CLOCK}{_ZONE})?(?: .*)?"
    ),
    re.compile(
        rf"(?:[^\W\d]+\.? )?{_DAY}[ /-]{_MONTH}[ /-](?P<year>\d{{4}}|\d{{2}})(?!\d){_TIME}(?: .*)?"
    ),
    re.compile(rf"(?:[^\W\d]+\.? )?{_MONTH} {_DAY} (?P<year>\d{{4}}){_TIME}(?: .*)?"),
    re.compile(rf"[a-z]{{3}} {_MONTH} {_DAY} {_CLOCK}{_ZONE} (?P<year>\d{{4}})"),
)
#: Longer texts are rejected, which bounds the cost of the regular expressions.
_MAX_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class CheckedDate:
    """A feed's date after the plausibility check; `trusted` is None unless the flag is "ok"."""

    trusted: datetime | None
    claimed_date: datetime | None
    flag: DateFlag


def check_date(
    raw: str, parsed: datetime | None, *, now: datetime, tolerance: timedelta
) -> CheckedDate:
    """Trust a date from 1990 up to `now` plus `tolerance`.

    The tolerance allows for publishers whose clocks are minutes ahead; dates within it are
    returned unchanged.
    """
    if parsed is None:
        return CheckedDate(None, None, "unparsable" if raw.strip() else "missing")
    if parsed > now + tolerance:
        return CheckedDate(None, parsed, "future")
    if parsed < EARLIEST:
        return CheckedDate(None, parsed, "ancient")
    return CheckedDate(parsed, parsed, "ok")


def parse_date(raw: str) -> datetime | None:
    """Parse the date of a feed; return it in UTC, or None if it is not a date.

    Accepts RFC 822 and ISO 8601 in the spellings that feeds use, months in eight languages, and
    time zone names. A time without a zone is UTC. A wrong weekday is ignored, 24:00 is the next
    midnight, and second 60 the next minute.
    """
    text = " ".join(raw.replace(",", " ").split()).lower()
    if not text or len(text) > _MAX_CHARACTERS:
        return None
    return next(filter(None, (_parse_form(form, text) for form in _FORMS)), None)


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


def _parse_form(form: re.Pattern[str], text: str) -> datetime | None:
    if not (match := form.fullmatch(text)):
        return None
    parts = match.groupdict()
    name = parts["month"]
    month = int(name) if name.isdigit() else _MONTHS.get(name) or _MONTHS.get(name[:3])
    offset = _parse_offset(parts["zone"] or "utc")
    if month is None or offset is None:
        return None
    year = int(parts["year"])
    if len(parts["year"]) == 2:  # noqa: PLR2004 - RFC 2822 defines the century of two digits
        year += 2000 if year < 50 else 1900  # noqa: PLR2004
    try:
        day = datetime(year, month, int(parts["day"] or 1), tzinfo=timezone(offset))
        return (day + _time_of_day(parts)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time_of_day(parts: dict[str, str | None]) -> timedelta:
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if half := parts["half"]:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 24 or minute > 59 or second > 60:  # noqa: PLR2004 - limits of a clock
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _parse_offset(zone: str) -> timedelta | None:
    name = zone.upper()
    if name in ZONES:
        return ZONES[name]
    sign, digits = re.sub(r"^(?:UTC|GMT)", "", name)[0], re.sub(r"\D", "", name)
    if sign not in "+-":
        # Another word, e.g. "Uhr": the time is still usable.
        return timedelta(0)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return (-offset if sign == "-" else offset) if offset < timedelta(hours=24) else None
