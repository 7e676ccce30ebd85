"""Plain messages for invalid fields, in place of those of the validation library."""

from collections.abc import Callable, Mapping
from typing import Any

#: Remedy for each pattern of a field that clients send.
PATTERN_REMEDIES = {
    r"^[^\x00]*$": "Remove the NUL character",
    r"^[^\x00-\x1f\x7f]*$": "Remove control characters such as line breaks",
    r"^[^\x00-\x1f\x7f]+$": "Remove control characters such as line breaks",
    r"^[a-z0-9][a-z0-9-]{0,62}$": "Use 1 to 63 lower-case letters, digits and hyphens; the first is a "
    "letter or digit",
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "Use a language code such as en or pt-BR",
    "^[A-Za-z]+$": "Use a code of letters, such as en or GB",
    r'^"?[\x21\x23-\x7e][\x21-\x7e]*$': "Use printable ASCII characters without spaces",
}
NOT_ALLOWED = "Contains characters that are not allowed"
_TIME = "Expected a time in ISO 8601, such as 2026-11-29T08:00:00Z"
_OBJECT = "Expected a JSON object"
_WHOLE_NUMBER = "Expected a whole number"
_TRUTH = "Expected true or false"
_MESSAGES = {
    **dict.fromkeys(("model_attributes_type", "model_type", "dict_type"), _OBJECT),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE_NUMBER
    ),
    **dict.fromkeys(("float_type", "float_parsing"), "Expected a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), _TRUTH),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_object_invalid"), _TIME),
    "datetime_from_date_parsing": _TIME,
    "list_type": "Expected a list",
    "string_type": "Expected a text",
}


def describe_field_error(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """Return a message in plain English that names the remedy.

    `kind`, `message` and `context` are type, text and values of an error of the library. Errors of
    other kinds keep their message.
    """
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    if kind in _LENGTHS:
        return _LENGTHS[kind](context)
    if kind == "string_pattern_mismatch":
        return PATTERN_REMEDIES.get(context["pattern"], NOT_ALLOWED)
    return message.removeprefix("Value error, ")


def _too_short(context: Mapping[str, Any]) -> str:
    least = context["min_length"]
    return "Empty: send a text" if least == 1 else f"Too short: use at least {least} characters"


_LENGTHS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_too_short": _too_short,
    "string_too_long": lambda values: f"Too long: use at most {values['max_length']} characters",
    "too_long": lambda values: f"Too many values: send at most {values['max_length']}",
    "too_short": lambda values: f"Too few values: send at least {values['min_length']}",
}
