"""Dates in feeds: read what is written, and decide whether to believe it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Literal

DateFlag = Literal["ok", "missing", "future", "ancient", "unparsable"]

#: No feed carried news before; older dates are defaults of some software (1970, 1900, 0001).
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

#: Zone names that appear in feeds, in hours from UTC. Of ambiguous ones the one that publishers
#: use most: IST is India, CST and EST are American.
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
#: Over text in lower case with single spaces and without commas.
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
#: Longer ones are no dates; the limit keeps the expressions' work small.
_MAX_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class JudgedDate:
    """What to believe of a claimed date: `trusted` is None unless the flag is "ok"."""

    trusted: datetime | None
    claimed: datetime | None
    flag: DateFlag


def judge(raw: str, parsed: datetime | None, *, now: datetime, tolerance: timedelta) -> JudgedDate:
    """Believe a date that is no later than `now` and the tolerance, and not before 1990.

    Clocks of publishers run ahead by minutes, so the tolerance belongs to them; a date within
    it is kept as claimed.
    """
    if parsed is None:
        return JudgedDate(None, None, "unparsable" if raw.strip() else "missing")
    if parsed > now + tolerance:
        return JudgedDate(None, parsed, "future")
    if parsed < EARLIEST:
        return JudgedDate(None, parsed, "ancient")
    return JudgedDate(parsed, parsed, "ok")


def parse_date(raw: str) -> datetime | None:
    """The moment that a feed's date names, in UTC; None if it names none.

    Understands RFC 822 and ISO 8601 in the spellings that feeds use, months in eight languages,
    and zone names; without a zone the time counts as UTC. A wrong weekday is ignored, 24:00 is
    the next midnight, second 60 the next minute.
    """
    text = " ".join(raw.replace(",", " ").split()).lower()
    if not text or len(text) > _MAX_CHARACTERS:
        return None
    return next(filter(None, (_read(form, text) for form in _FORMS)), None)


def parse_retry_after(value: str, *, now: datetime) -> timedelta | None:
    """How long a server asks to wait: seconds or an HTTP date; None if it says neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return max(_aware(moment) - now, timedelta(0))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(form: re.Pattern[str], text: str) -> datetime | None:
    if not (found := form.fullmatch(text)):
        return None
    parts = found.groupdict()
    month, zone = _month(parts["month"]), _offset(parts["zone"] or "utc")
    if month is None or zone is None:
        return None
    try:
        day = datetime(_year(parts["year"]), month, int(parts["day"] or 1), tzinfo=timezone(zone))
        return (day + _clock(parts)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clock(parts: dict[str, str | None]) -> timedelta:
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if half := parts["half"]:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 24 or minute > 59 or second > 60:  # noqa: PLR2004 - limits of a clock
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _year(digits: str) -> int:
    # RFC 822 has two digits; RFC 2822 tells how to read them.
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)  # noqa: PLR2004


def _month(text: str) -> int | None:
    return int(text) if text.isdigit() else _MONTHS.get(text) or _MONTHS.get(text[:3])


def _offset(zone: str) -> timedelta | None:
    name = zone.upper()
    if name in ZONES:
        return ZONES[name]
    sign, digits = re.sub(r"^(?:UTC|GMT)", "", name)[0], re.sub(r"\D", "", name)
    if sign not in "+-":
        # A word that is no zone ("Uhr"): the time alone still dates the entry.
        return timedelta(0)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return (-offset if sign == "-" else offset) if offset < timedelta(hours=24) else None
