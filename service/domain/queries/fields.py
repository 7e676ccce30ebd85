"""Fields of the query language: their names, and the conditions that their values mean."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.articles.article_types import ArticleType
from service.domain.locales.codes import country_code, language_code
from service.domain.queries.conditions import (
    TIME_FIELDS,
    AnyOf,
    Between,
    Bound,
    Field,
    Query,
    RelativeTime,
    parse_bound,
)
from service.domain.search.time_expressions import end_of_day, is_day, is_relative
from service.domain.text.nearest import suggest
from service.errors import BadInputError

#: Maximum number of values of one condition, and their maximum length.
MAX_VALUES, MAX_LENGTH = 100, 200
MAX_COUNT = 2**31 - 1
_COUNT_FORMS = "a number or a range such as 3, 3.., ..8, 3..8, >=3 or <8"
_TIME_FORMS = (
    "a day such as today, a time since then such as -24h, or a range such as "
    "2026-11-01..2026-11-08, -24h.. or ..today@Europe/Berlin"
)
#: Fields whose values are words in any of their forms.
_WORD_FIELDS = frozenset({Field.HEADLINE, Field.KEYWORD, Field.ENTITY})
_WILDCARD = re.compile(r"(?<!\S)\*\w|\w\*(?!\S)")
_INTEGER, _DECIMAL = re.compile(r"[0-9]+"), re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_COMPARED = re.compile(r"(>=|<=|>|<)(.+)", re.DOTALL)


class StoryState(StrEnum):
    """State of a listed story."""

    OPEN = "open"
    CLOSED = "closed"


def _choice(noun: str, choices: type[StrEnum]) -> Callable[[str], str]:
    known = {each.value: "" for each in choices}

    def parse(text: str) -> str:
        if text not in known:
            raise BadInputError(
                f"Unknown {noun} {text!r}: expected one of {', '.join(known)}; {suggest(text, known)}"
            )
        return text

    return parse


def _story_id(text: str) -> str:
    if "," in text:
        raise BadInputError(
            f"Invalid id {text!r}: an id has no comma; repeat the parameter for several ids"
        )
    return text


#: Fields whose values are validated.
_PARSERS: Mapping[Field, Callable[[str], str]] = {
    Field.ID: _story_id,
    Field.COUNTRY: country_code,
    Field.LANGUAGE: language_code,
    Field.TYPE: _choice("type", ArticleType),
    Field.STATE: _choice("state", StoryState),
}
_NUMBER_FIELDS = frozenset(
    {
        Field.COVERAGE,
        Field.INDEPENDENT,
        Field.ARTICLES,
        Field.COUNTRIES,
        Field.LANGUAGES,
        Field.VELOCITY,
    }
)
#: Names whose value is one end of a range: the field, and which end.
_BOUNDS: Mapping[str, tuple[Field, str]] = {
    "since": (Field.REPORTED, "low"),
    "until": (Field.REPORTED, "high"),
    "changed_since": (Field.CHANGED, "low"),
    "min_coverage": (Field.COVERAGE, "low"),
    "min_independent": (Field.INDEPENDENT, "low"),
}
#: All names that can precede a colon.
NAMES: tuple[str, ...] = (*Field, *_BOUNDS, "as_of", "meaning")


def require_name(name: str) -> None:
    """Check the name of a field; raises BadInputError with the nearest name."""
    if name not in NAMES:
        hint = suggest(name, dict.fromkeys(NAMES, ""))
        raise BadInputError(
            f"Unknown field {name!r}: {hint} To search for this text, write a space after the colon"
        )


def build_condition(name: str, values: Sequence[str], *, negated: bool = False) -> Query:
    """Build the query of a field and its values, such as `outlet` and two slugs.

    Raises:
        BadInputError: the name or a value is invalid.
    """
    require_name(name)
    _check_texts(name, values)
    if name in {"as_of", "meaning", *_BOUNDS}:
        return _build_single(name, _single(name, values), negated=negated)
    field = Field(name)
    if field in _NUMBER_FIELDS or field in TIME_FIELDS:
        parse = _parse_times if field in TIME_FIELDS else _parse_counts
        low, high = parse(name, _single(name, values))
        _check_order(name, values[0], low, high)
        return Query((Between(field, low, high, negated=negated),))
    if field in _WORD_FIELDS and any(map(_WILDCARD.search, values)):
        raise BadInputError(
            f"{name} takes no wildcard *: leave it out, because words match in all their forms"
        )
    parser = _PARSERS.get(field, str)
    return Query((AnyOf(field, tuple(map(parser, values)), negated=negated),))


def _check_order(name: str, text: str, low: Bound, high: Bound) -> None:
    is_reversed = (
        low > high
        if isinstance(low, int | float) and isinstance(high, int | float)
        else isinstance(low, datetime) and isinstance(high, datetime) and low >= high
    )
    if is_reversed:
        raise BadInputError(f"The range {name} {text!r} is empty: write the smaller value first")


def _check_texts(name: str, values: Sequence[str]) -> None:
    if not values or not all(values):
        raise BadInputError(f"{name} has an empty value: write a value after the colon or comma")
    if len(values) > MAX_VALUES:
        raise BadInputError(f"{name} has more than {MAX_VALUES} values: use fewer")
    for each in values:
        if len(each) > MAX_LENGTH or not each.isprintable():
            raise BadInputError(
                f"{name} {each[:20]!r}… is too long or has control characters: use at most "
                f"{MAX_LENGTH} printable characters"
            )


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise BadInputError(f"{name} takes one value: leave {values[1]!r} out")
    return values[0]


def _build_single(name: str, value: str, *, negated: bool) -> Query:
    if negated:
        raise BadInputError(f"{name} cannot be excluded: leave - or NOT out")
    if name == "meaning":
        return Query(meaning=value)
    if name == "as_of":
        return Query(as_of=_parse_time(name, value))
    field, end = _BOUNDS[name]
    bound: Bound = _parse_time(name, value) if field in TIME_FIELDS else _parse_count(name, value)
    return Query((Between(field, bound) if end == "low" else Between(field, None, bound),))


def _parse_counts(name: str, text: str) -> tuple[Bound, Bound]:
    low, high, sign = _split_range(text)
    if low is None and high is None:
        exact = _parse_count(name, text)
        return exact, exact
    start = None if low is None else _parse_count(name, low)
    end = None if high is None else _parse_count(name, high)
    start = _next_number(name, start, math.inf) if start is not None and sign == ">" else start
    end = _next_number(name, end, -math.inf) if end is not None and sign == "<" else end
    if (start is not None and start > MAX_COUNT) or (end is not None and end < 0):
        raise BadInputError(
            f"The range {name} {text!r} is empty: values are from 0 to {MAX_COUNT}; use another one"
        )
    return start, end


def _next_number(name: str, number: float, towards: float) -> float:
    """The nearest number on one side, because both ends of a range are included."""
    if name == Field.VELOCITY:
        return math.nextafter(number, towards)
    return number + (1 if towards > 0 else -1)


def _parse_count(name: str, text: str) -> float:
    if not (_DECIMAL if name == Field.VELOCITY else _INTEGER).fullmatch(text):
        raise BadInputError(f"Invalid {name} {text!r}: use {_COUNT_FORMS}")
    number = float(text) if name == Field.VELOCITY else int(text)
    if number > MAX_COUNT:
        raise BadInputError(f"Invalid {name} {text!r}: use at most {MAX_COUNT}")
    return number


def _parse_times(name: str, text: str) -> tuple[Bound, Bound]:
    low, high, sign = _split_range(text)
    if low is None and high is None:
        start = _parse_time(name, text)
        return start, _end_of(name, text, start)
    parse_low = _parse_time_after if sign == ">" else _parse_time
    parse_high = _parse_time_after if sign == "<=" else _parse_time
    return (
        None if low is None else parse_low(name, low),
        None if high is None else parse_high(name, high),
    )


def _parse_time(name: str, text: str) -> datetime | RelativeTime:
    try:
        return parse_bound(text)
    except ValueError as error:
        raise BadInputError(f"Invalid {name}: {error}") from error


def _parse_time_after(name: str, text: str) -> datetime | RelativeTime:
    """The first time after a day or a time, because the end of a range of times is not included."""
    time = _parse_time(name, text)
    if is_day(text):
        return _end_of_day(name, text)
    if isinstance(time, RelativeTime):
        return time
    try:
        return time + timedelta(microseconds=1)
    except OverflowError as error:
        raise BadInputError(
            f"Invalid {name}: {text!r} is out of range: use an earlier time"
        ) from error


def _end_of_day(name: str, day: str) -> datetime | RelativeTime:
    try:
        return RelativeTime(day.strip(), is_end=True) if is_relative(day) else end_of_day(day)
    except ValueError as error:
        raise BadInputError(f"Invalid {name}: {error}") from error


def _end_of(name: str, text: str, start: datetime | RelativeTime) -> Bound:
    """The end of the day that `text` denotes; None for a period before now, which has no end."""
    if is_day(text):
        return _end_of_day(name, text)
    if isinstance(start, RelativeTime):
        return None
    raise BadInputError(f"Invalid time {text!r}: use {_TIME_FORMS}")


def _split_range(text: str) -> tuple[str | None, str | None, str]:
    """Both ends of a range as written, None for a missing end, and the sign of a comparison."""
    if compared := _COMPARED.fullmatch(text):
        sign, value = compared.groups()
        return (value, None, sign) if sign.startswith(">") else (None, value, sign)
    low, dots, high = text.partition("..")
    if dots and (low or high):
        return low or None, high or None, ""
    return None, None, ""
