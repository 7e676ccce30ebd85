"""Formatting of times, durations, counts and quoted text in emails."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS, DAYS = _MONTHS.split(), _DAYS.split()
_BARS = "▁▂▃▄▅▆▇█"
#: Characters removed from a line: control characters, and those that change the text direction.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff]+")
_HOUR, _MINUTE = 3600, 60
_WEEK = 7
_MAX_NAME = 60


def cut(text: str, length: int) -> str:
    """Shorten text to one line of at most `length` characters, at a word, with an ellipsis."""
    line = " ".join(_FORBIDDEN.sub(" ", text).split())
    if len(line) <= length:
        return line
    head = line[: length - 1]
    return (head.rpartition(" ")[0] if " " in head[length // 2 :] else head).rstrip(" ,;:.") + "…"


def long_date(day: date) -> str:
    """Format a date such as Tuesday, 25 April 2023."""
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def local_time(at: datetime, time_zone: ZoneInfo, reference: datetime) -> str:
    """Format a local time, with the date unless it is that of `reference`."""
    local, other = at.astimezone(time_zone), reference.astimezone(time_zone)
    if local.date() == other.date():
        return f"{local:%H:%M}"
    return f"{local.day} {MONTHS[local.month - 1][:3]}, {local:%H:%M}"


def relative_day(at: datetime, time_zone: ZoneInfo, now: datetime) -> str:
    """Format an earlier time by its distance: 14:05, yesterday, Monday, 12 April."""
    local = at.astimezone(time_zone)
    day, today = local.date(), now.astimezone(time_zone).date()
    days = (today - day).days
    if days <= 1:
        return "yesterday" if days == 1 else f"{local:%H:%M}"
    return DAYS[day.weekday()] if days < _WEEK else f"{day.day} {MONTHS[day.month - 1]}"


def duration(seconds: int) -> str:
    """Format a duration to the minute, such as 1 h 25 min."""
    hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
    parts = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0)
    return " ".join(parts) or "under a minute"


def sparkline(counts: Sequence[int]) -> str:
    """Draw numbers as a row of block characters, which need no images."""
    top = max(counts)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // top) if top else 0] for count in counts)


def pluralize(number: int, noun: str) -> str:
    """Format a number with its noun: 1 outlet, 2 outlets."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def list_names(names: Sequence[str], total: int) -> str:
    """Join names, with the number of further ones up to `total`."""
    more = total - len(names)
    joined = ", ".join(cut(name, _MAX_NAME) for name in names)
    return f"{joined} and {more} more" if more > 0 else joined
