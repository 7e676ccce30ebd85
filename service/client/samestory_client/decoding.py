"""Conversion of JSON values to dataclasses by their type hints."""

from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from samestory_client.errors import InvalidResponseError

T = TypeVar("T")


def decode(kind: type[T], value: Any) -> T:
    """Convert parsed JSON to `kind`: a dataclass, or a list, tuple or dict of such.

    Unknown fields of a JSON object are ignored.

    Raises:
        InvalidResponseError: a field is missing or has another type; the message names it.
    """
    decoded: T = _decode(kind, value, "")
    return decoded


def _decode(kind: Any, value: Any, path: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin is UnionType:
        # All unions in the models are `X | None`.
        [inner] = [each for each in arguments if each is not NoneType]
        return None if value is None else _decode(inner, value, path)
    if origin in {list, tuple} and isinstance(value, list):
        items = [
            _decode(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(value)
        ]
        return tuple(items) if origin is tuple else items
    if origin is dict and isinstance(value, dict):
        return {key: _decode(arguments[1], item, _join(path, key)) for key, item in value.items()}
    if is_dataclass(kind) and isinstance(value, dict):
        return _decode_dataclass(kind, value, path)
    return _decode_scalar(kind, value, path)


def _decode_dataclass(kind: Any, value: dict[str, Any], path: str) -> Any:
    hints = _type_hints(kind)
    arguments = {}
    for each in fields(kind):
        if each.name in value:
            arguments[each.name] = _decode(
                hints[each.name], value[each.name], _join(path, each.name)
            )
        elif each.default is MISSING and each.default_factory is MISSING:
            raise InvalidResponseError(
                f"Unexpected response: field {_join(path, each.name)} is missing"
            )
    return kind(**arguments)


def _decode_scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is datetime and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif type(value) is kind:
        return value
    expected, actual = getattr(kind, "__name__", kind), type(value).__name__
    raise InvalidResponseError(
        f"Unexpected response: {path or 'the body'} is of type {actual}, expected {expected}"
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@cache
def _type_hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
