"""Validated texts, codes, counts and times: field types of domain filters and API parameters."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from service.domain.articles.article_types import ArticleType
from service.domain.locales.codes import country_code, language_code
from service.errors import BadInputError


def _reject_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("The value is blank: write a text, or leave it out")
    return text


#: Control characters are rejected: Postgres cannot store NUL, and no id or name has any of them.
ShortText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_reject_blank),
]
Count = Annotated[int, Field(ge=0, lt=2**31)]


def _code_validator(parse: Callable[[str], str]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            return parse(text)
        except BadInputError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(check)


#: ISO 3166-1 code, stored in upper case.
Country = Annotated[ShortText, _code_validator(country_code)]
#: ISO 639 code, stored in lower case. Region subtags are dropped, as for languages of articles.
Language = Annotated[ShortText, _code_validator(language_code)]

#: Maximum number of values of one filter.
MAX_FILTER_VALUES = 20
#: Maximum number of ids of one filter.
MAX_IDS = 100
TextValues = Annotated[list[ShortText], Field(max_length=MAX_FILTER_VALUES)]
CountryCodes = Annotated[list[Country], Field(max_length=MAX_FILTER_VALUES)]
LanguageCodes = Annotated[list[Language], Field(max_length=MAX_FILTER_VALUES)]
ArticleTypes = Annotated[list[ArticleType], Field(max_length=MAX_FILTER_VALUES)]

_DATE_PREFIX = re.compile(r"\d{4}-\d\d-\d\d")


def _require_iso_8601(value: Any) -> Any:
    """Reject bare numbers, which pydantic would read as seconds or milliseconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE_PREFIX.match(value)):
        return value
    raise ValueError("Invalid time: use ISO 8601, such as 2026-11-02T09:14:00Z")


def _to_utc(value: datetime) -> datetime:
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Time out of range: expected a year from 1 to 9999 in UTC") from error


#: A time without an offset is UTC; a date means the start of that day.
UtcTime = Annotated[datetime, BeforeValidator(_require_iso_8601), AfterValidator(_to_utc)]
