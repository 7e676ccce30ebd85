"""Grammar of dates in feeds: converts text in any language to a date, a time and a zone.

A date in words has a day, the name of a month and a year in any order. The time of day may be
before or after the date, followed by its zone. Other words, such as weekdays, are ignored.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain

from service.domain.text.date_forms.date_names import (
    fold,
    half_day,
    months_in_all_languages,
    months_in_language,
    months_starting_with,
    numeric_order,
    split_tag,
)
from service.domain.text.date_forms.feed_date import FeedDate, Precision
from service.domain.text.date_forms.time_zones import read_zone

#: Longer texts are rejected, which bounds the cost of the regular expressions.
MAX_CHARACTERS = 80
#: RFC 5646 recommends buffers of this size; the caches of `date_names` store the tags.
MAX_TAG_CHARACTERS = 35
HALF_DAY_HOURS = 12

_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"))

_CLOCKS = (
    re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,:]\d{1,18})?)?(?![\d:])"),
    re.compile(r"(?<!\d)(\d{1,2}) ?[時时點点시] ?(?:(\d{1,2}) ?[分분])?(?: ?(\d{1,2}) ?[秒초])?"),
    re.compile(r"(?<![\d.])(\d{1,2}) ?[hHuU] ?(\d{2})(?:m(?:in)?)?(?!\w)"),
    re.compile(r"(?<![\d.])(\d{1,2})(?:[.](\d{2}))?(?= ?[AaPp]\.?[Mm]\b)"),
    re.compile(r"(?<![\d.])(\d{1,2}) ?[hH](?!\w)"),
)
#: A time with a dot is read only if the text also has a date: "20.04" may be a day and a month.
_DOTTED_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?![\d.])")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt ]?(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(.*))?")
_EPOCH = re.compile(r"(\d{10})(?:\d{3})?(?:\.\d+)?")
_ERA = re.compile(r"(令和|平成|民國|民国) ?(\d{1,3}|元)(?= ?年)")
_ERA_STARTS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}
_YEAR_FIRST = re.compile(
    r"(?<![\d.])(\d{4}) ?(?:[-/.]|년|年) ?(\d{1,2}) ?(?:[-/.]|월|月) ?(\d{1,2})(?!\d)[일日]?"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})(?!\d)")
_YEAR_AND_MONTH = re.compile(r"(\d{4}) ?(?:[-/.]|년|年) ?(\d{1,2}) ?[월月]?")
_NUMBERED_MONTH = re.compile(r"\bth(?:áng|g)\.? ?(\d{1,2})\b", re.IGNORECASE)
_WORD = re.compile(r"[^\s\d,;:/()\[\]|·•،、+-]+")
_NUMBER = re.compile(r"\d+")
#: Every date in words matches this pattern; names of months are looked up only if it matches.
_YEAR_OR_TWO_NUMBERS = re.compile(r"(?<!\d)\d{4}(?!\d)|\d\D+\d")
#: Letters that Hebrew and Catalan write together with the month.
_PREFIXES = ("ב", "d'", "d’", "מ")
_BUDDHIST_YEARS, _BUDDHIST_OFFSET = range(2400, 2700), 543


@dataclass(frozen=True, slots=True)
class _Reader:
    """Language tag and country of the feed, which resolve ambiguous forms, and the default zone."""

    tag: str
    country: str
    zone: tzinfo | None

    @property
    def language(self) -> str:
        return split_tag(self.tag)[0]

    def read(self, text: str) -> FeedDate | None:
        if _EPOCH.fullmatch(text):
            return FeedDate(datetime.fromtimestamp(int(text[:10]), UTC), "minute")
        if compact := _COMPACT.fullmatch(text):
            return self._read_compact(compact)
        for pattern in _CLOCKS:
            if clock := pattern.search(text):
                return self._read_with_clock(text, clock)
        return self._read_without_clock(text)

    def _read_compact(self, match: re.Match[str]) -> FeedDate | None:
        year, month, day, hour, minute, second, rest = match.groups()
        date = datetime(int(year), int(month), int(day))  # noqa: DTZ001 - the zone follows
        if hour is None:
            return FeedDate(date.replace(tzinfo=UTC), "day")
        zone, _ = self._zone(rest.strip())
        clock = time_of_day(int(hour), int(minute), int(second or 0))
        return at_clock(date, clock, zone or self.zone)

    def _read_with_clock(self, text: str, clock: re.Match[str]) -> FeedDate | None:
        before, after = text[: clock.start()].rstrip(" Tt"), text[clock.end() :].lstrip(" ,")
        half, before, after = self._half_day(before, after)
        zone, rest = self._zone(after)
        words = f"{before} {rest}".strip()
        if zone is None and (int(clock[1]) > HALF_DAY_HOURS or not rest[:1].isalpha()):
            # The zone may follow the date. An unknown word after an hour up to 12 may mean p.m.
            zone, _ = self._zone(words.rpartition(" ")[2])
        date = self._read_date(words)
        if date is None or date.precision != "day":
            return date
        parts = [int(part or 0) for part in clock.groups()]
        clock_time = time_of_day(*parts, half=half)
        return at_clock(date.at.replace(tzinfo=None), clock_time, zone or self.zone)

    def _read_without_clock(self, text: str) -> FeedDate | None:
        if dotted := self._dotted_clock(text):
            return self._read_with_clock(text, dotted)
        return self._read_date(text)

    def _dotted_clock(self, text: str) -> re.Match[str] | None:
        """Find a time with a dot in a text whose remaining part is a date."""
        for match in _DOTTED_CLOCK.finditer(text):
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            if (date := self._read_date(rest)) and date.precision == "day":
                return match
        return None

    def _half_day(self, before: str, after: str) -> tuple[str | None, str, str]:
        """Remove the word for a.m. or p.m. before or after a time, and return it."""
        # "a. m." has a space inside in Spanish, so two words are tried first.
        for pattern in (r"\S+ \S+", r"\S+"):
            match = re.match(pattern, after)
            if match and (half := half_day(fold(match[0].strip(",")), self.language)):
                return half, before, after[match.end() :].lstrip(" ,")
        head, _, last = before.rpartition(" ")
        if half := half_day(fold(last.strip(",")), self.language):
            return half, head, after
        # Chinese, Japanese and Korean write the word and the date together.
        glued = re.search(r"([^\d\s日일]{2})$", before)
        if glued and (half := half_day(fold(glued[1]), self.language)):
            return half, before[: glued.start()], after
        return None, before, after

    def _zone(self, text: str) -> tuple[tzinfo | None, str]:
        return read_zone(text, language=self.language, country=self.country)

    def _read_date(self, text: str) -> FeedDate | None:
        text = _ERA.sub(_western_year, text)
        if match := _YEAR_FIRST.search(text):
            return _day(*map(int, match.groups()))
        if match := _YEAR_LAST.search(text):
            return self._read_year_last(match)
        if match := _YEAR_AND_MONTH.fullmatch(text.strip(" ,.")):
            return _date(int(match[1]), int(match[2]), 1, "month")
        return self._read_words(text)

    def _read_year_last(self, match: re.Match[str]) -> FeedDate | None:
        """Day and month in the order of the feed; only the year is certain without an order."""
        first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
        # No locale writes the month first with dots.
        order = "dmy" if match[2] == "." else numeric_order(self.tag, self.country)
        if len(match[4]) == len("yy") and order not in {"dmy", "mdy"}:
            return None
        readings = {"dmy": _day(year, second, first), "mdy": _day(year, first, second)}
        possible = {each for each in readings.values() if each}
        if len(possible) == 1:
            return possible.pop()
        chosen = readings.get(order or "")
        return chosen or (_date(year, 1, 1, "year") if possible else None)

    def _read_words(self, text: str) -> FeedDate | None:
        if not _YEAR_OR_TWO_NUMBERS.search(text):
            return None
        text, months = self._take_month(text)
        if not months:
            return None
        numbers = _NUMBER.findall(text)
        years = [number for number in numbers if len(number) == len("yyyy")]
        days = [number for number in numbers if len(number) <= len("dd")]
        if not years:
            years = days[1:2]  # RFC 822 has years of two digits, after the day
        if not years:
            return None
        year = _full_year(years[0], is_buddhist="\u0e00" <= max(text) <= "\u0e7f")
        if len(months) > 1:
            return _date(year, 1, 1, "year")
        month = min(months)
        return _date(year, month, int(days[0]), "day") if days else _date(year, month, 1, "month")

    def _take_month(self, text: str) -> tuple[str, frozenset[int]]:
        """Return the text without the number of its month, and the months it can mean."""
        if match := _NUMBERED_MONTH.search(text):
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return rest, frozenset({int(match[1])})
        between, others = _split_words(text)
        for words in (between, others):
            own = (months_in_language(word, self.tag) for word in words)
            foreign = (months_in_all_languages(word) for word in words)
            if months := next(filter(None, chain(own, foreign)), None):
                return text, months
        longer = (months_starting_with(word, self.tag) for word in between)
        return text, next(filter(None, longer), frozenset())


def read_date(
    raw: str, *, language: str = "", country: str = "", zone: tzinfo | None = None
) -> FeedDate | None:
    """Read a date of any common form; None if the text is not a date.

    `language` is the language tag of the feed, `country` the ISO code of its outlet's country, and
    `zone` the zone of times without a known zone.
    """
    text = " ".join(_INVISIBLE.sub("", raw).split())
    if not text or len(text) > MAX_CHARACTERS:
        return None
    if not text.isascii():
        text = "".join(map(_ascii_digit, unicodedata.normalize("NFKC", text).translate(_MINUS)))
    try:
        return _Reader(language[:MAX_TAG_CHARACTERS], country, zone).read(text)
    except (ValueError, OverflowError):
        return None


def _split_words(text: str) -> tuple[list[str], list[str]]:
    """Return the words between the first and the last number, and all other words, both folded.

    Words nearest to a number come first. Some weekdays are spelled like months ("mar", "lun"), but
    a weekday is never between day and year.
    """
    numbers = [match.start() for match in _NUMBER.finditer(text)] or [0]
    words = sorted(
        _WORD.finditer(text),
        key=lambda word: min(abs(word.end() - number) for number in numbers),
    )
    between: list[str] = []
    others: list[str] = []
    for word in words:
        is_between = numbers[0] < word.start() < numbers[-1]
        (between if is_between else others).extend(_spellings(fold(word[0])))
    return between, others


def _spellings(word: str) -> Iterator[str]:
    yield word
    for prefix in _PREFIXES:
        if word.startswith(prefix):
            yield word.removeprefix(prefix)


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _western_year(match: re.Match[str]) -> str:
    return str(_ERA_STARTS[match[1]] + (1 if match[2] == "元" else int(match[2])))


def _full_year(digits: str, *, is_buddhist: bool = False) -> int:
    """The year of two digits by RFC 2822, of the Thai calendar, or as written."""
    year = int(digits)
    if len(digits) == len("yy"):
        year += 2500 if is_buddhist else 2000 if year < 50 else 1900  # noqa: PLR2004 - RFC 2822
    return year - _BUDDHIST_OFFSET if year in _BUDDHIST_YEARS else year


def _day(year: int, month: int, day: int) -> FeedDate | None:
    try:
        return _date(_full_year(str(year)), month, day, "day")
    except ValueError:
        return None


def _date(year: int, month: int, day: int, precision: Precision) -> FeedDate:
    return FeedDate(datetime(year, month, day, tzinfo=UTC), precision)


def time_of_day(
    hour: int, minute: int = 0, second: int = 0, *, half: str | None = None
) -> timedelta:
    """Return the time since midnight; `half` is "am" or "pm".

    Raises:
        ValueError: a number is beyond the limits of a clock.
    """
    if half:
        hour = hour % HALF_DAY_HOURS + (HALF_DAY_HOURS if half == "pm" else 0)
    if hour > 24 or minute > 59 or second > 60:  # noqa: PLR2004 - limits of a clock
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second)


def at_clock(date: datetime, clock: timedelta, zone: tzinfo | None) -> FeedDate:
    """A naive date at a time since midnight; without a zone, only its day is certain.

    Midnight to the second counts as a day, because publishing software writes it for dates without
    a time.
    """
    if zone is None:
        return FeedDate(date.replace(tzinfo=UTC), "day")
    at = (date + clock).replace(tzinfo=zone).astimezone(UTC)
    return FeedDate(at, "minute" if clock else "day")
