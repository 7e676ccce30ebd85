"""Conversion of configured values to the types of the settings dataclasses."""

import ipaddress
import json
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from service.errors import SettingsError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def convert(value: Any, hint: Any) -> Any:
    """Convert a value from TOML or from an environment variable to a field's type.

    Text becomes a number where the field is one, and a tuple where the field is one: JSON, or a
    comma-separated list.

    Raises:
        ValueError: the value does not fit; the message states what is expected.
    """
    if get_origin(hint) is tuple:
        items = _split(value) if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise ValueError("expected a list")
        return tuple(convert(item, get_args(hint)[0]) for item in items)
    if isinstance(value, str) and hint is not str:
        value = value.strip()
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"expected one of {', '.join(map(repr, get_args(hint)))}")
        return value
    if hint is str:
        if not isinstance(value, str):
            raise ValueError("expected a string")
        return value
    return _number(value, hint)


def parse_networks(
    names: Iterable[str], *, setting: str = "fetch.allow_networks"
) -> tuple[Network, ...]:
    """Parse networks such as `127.0.0.0/8`; SettingsError if one is invalid."""
    try:
        return tuple(ipaddress.ip_network(name) for name in names)
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}") from error


def _split(value: str) -> list[Any]:
    if value.lstrip().startswith("["):
        try:
            return list(json.loads(value))
        except ValueError as error:
            raise ValueError('expected a JSON list, such as ["a", "b"]') from error
    return [part.strip() for part in value.split(",") if part.strip()]


def _number(value: Any, kind: type) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected {'an integer' if kind is int else 'a number'}") from error
    if kind is float:
        return number
    if not number.is_integer():
        raise ValueError("expected an integer")
    return int(number)
