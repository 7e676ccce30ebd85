"""Types of parameters that are shorthand for a query, and their translation."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from service.domain.field_types import MAX_FILTER_VALUES, MAX_IDS, ShortText
from service.domain.queries.conditions import Query
from service.domain.queries.fields import NAMES, build_condition
from service.domain.queries.grammar import MAX_LENGTH, parse_query
from service.errors import BadInputError

#: Parameters whose values must all match; of other parameters, one value is enough.
_ALL_OF = frozenset({"entity", "keyword"})
EXCLUDES = "A minus before a value excludes it."
TIME_FORMS = (
    "ISO 8601, a day such as `2026-11-29`, `today` or `today@Europe/Berlin`, or a period before "
    "now such as `-24h`."
)


def _check(parse: Callable[[str], object]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            parse(text)
        except BadInputError as error:
            raise ValueError(str(error)) from error
        return text

    return AfterValidator(check)


def _value_of(name: str, *, is_signed: bool = False) -> AfterValidator:
    """Validator of the values of a field; errors contain the name of the parameter, if it is one.

    `name` is a field with the same values.
    """

    def check(text: str, info: ValidationInfo) -> str:
        parameter = info.field_name if info.field_name in NAMES else name
        try:
            build_condition(parameter, [text.removeprefix("-") if is_signed else text])
        except BadInputError as error:
            raise ValueError(str(error)) from error
        return text

    return AfterValidator(check)


def _signed_value_of(name: str) -> AfterValidator:
    return _value_of(name, is_signed=True)


#: Values of a field; those after a minus are excluded.
Texts = Annotated[
    list[Annotated[ShortText, _signed_value_of("outlet")]], Field(max_length=MAX_FILTER_VALUES)
]
Ids = Annotated[list[Annotated[ShortText, _signed_value_of("id")]], Field(max_length=MAX_IDS)]
Countries = Annotated[
    list[Annotated[ShortText, _signed_value_of("country")]], Field(max_length=MAX_FILTER_VALUES)
]
Languages = Annotated[
    list[Annotated[ShortText, _signed_value_of("language")]], Field(max_length=MAX_FILTER_VALUES)
]
#: A number or a range of numbers.
CountRange = Annotated[ShortText, _value_of("independent")]
VelocityRange = Annotated[ShortText, _value_of("velocity")]
#: A day, a period before now, or a range of times.
TimeRange = Annotated[ShortText, _value_of("first_reported")]
#: A time or a relative time.
QueryTime = Annotated[ShortText, _value_of("since")]
#: A past time, as a parameter of a function.
PastTime = Annotated[ShortText, _value_of("as_of")]
#: A text in the query language.
QueryText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_LENGTH, pattern=r"^[^\x00]*$"),
    _check(parse_query),
]


def read_parameter(name: str, value: Sequence[str] | str | int | None) -> Iterator[Query]:
    """Yield the queries of a valid parameter; none for None, 0 and an empty list."""
    if not value:
        return
    values = [str(value)] if isinstance(value, str | int) else list(value)
    if name == "query":
        yield Query(saved=tuple(values))
        return
    if name == "q":
        yield parse_query(values[0])
        return
    is_signed = isinstance(value, list) or name == "storyline"
    excluded = [each[1:] for each in values if is_signed and each.startswith("-")]
    included = [each for each in values if not (is_signed and each.startswith("-"))]
    for group in [[each] for each in included] if name in _ALL_OF else [included]:
        if group:
            yield build_condition(name, group)
    if excluded:
        yield build_condition(name, excluded, negated=True)
