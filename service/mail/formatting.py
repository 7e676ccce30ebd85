"""How emails write times, numbers and outlets' texts."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS, DAYS = _MONTHS.split(), _DAYS.split()
_BARS = "▁▂▃▄▅▆▇█"
#: What no line of text may hold: control characters, and signs that turn the direction around.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff]+")
_HOUR, _MINUTE = 3600, 60
_WEEK = 7


def cut(text: str, most: int) -> str:
    """One line of at most so many characters; a longer one ends at a word, with an ellipsis."""
    line = " ".join(_UNFIT.sub(" ", text).split())
    if len(line) <= most:
        return line
    head = line[: most - 1]
    return (head.rpartition(" ")[0] if " " in head[most // 2 :] else head).rstrip(" ,;:.") + "…"


def long_date(day: date) -> str:
    """A date such as Tuesday, 25 April 2023."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def local(at: datetime, zone: ZoneInfo, beside: datetime) -> str:
    """A time in a zone, with its date unless that is the one of the moment beside it."""
    there, other = at.astimezone(zone), beside.astimezone(zone)
    if there.date() == other.date():
        return f"{there:%H:%M}"
    return f"{there.day} {MONTHS[there.month - 1][:3]}, {there:%H:%M}"


def weekday(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """How one would call an earlier moment: 14:05, yesterday, Monday, 12 April."""
    there = at.astimezone(zone)
    then, today = there.date(), now.astimezone(zone).date()
    days = (today - then).days
    if days <= 1:
        return "yesterday" if days == 1 else f"{there:%H:%M}"
    return DAYS[then.weekday()] if days < _WEEK else f"{then.day} {MONTHS[then.month - 1]}"


def lasting(seconds: int) -> str:
    """A duration to the minute, such as 1 h 25 min."""
    hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
    told = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0)
    return " ".join(told) or "under a minute"


def sparkline(counts: Sequence[int]) -> str:
    """Numbers as a row of bars made of letters: readable with images off."""
    top = max(counts)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // top) if top else 0] for count in counts)


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 outlet, 2 outlets."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def names_of(names: Sequence[str], total: int) -> str:
    """Some outlets by name, and how many more there are."""
    more = total - len(names)
    told = ", ".join(cut(name, 60) for name in names)
    return f"{told} and {more} more" if more > 0 else told
