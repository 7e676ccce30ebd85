"""Growth of the time of text functions: discovery, pathological texts, measurement.

A function is measured if values for all its parameters can be made from one text.
"""

import inspect
import pkgutil
import re
import time
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import islice
from typing import Any, Literal

from service.errors import SamestoryError

Function = Any  # a function; mypy has no type for one with unknown parameters

#: Pieces that are repeated: letters, marks of sentences, markup, spaces and parts of URLs.
PIECES = (
    *("a", "A ", "Aa ", "a. ", "A. ", "Mr. ", "a-", "a' ", "a, b ", "I ", "the ", "US "),
    *(".", "...", "…", "[…] ", "[…]", "!", "? ", "。", ": ", "; a b ", " - ", " | ", "–"),
    *("(", ")", "[", '"', "“", "'", " 'a", "«", "<", "<a ", "<!--", "&#", "&amp;", "=", '="'),
    *("\n", "\t", " ", "\r\n", "\u3000", "\n ", "\x00", "\u00ad", "\u200c", "\u202e"),
    *("1", "1 ", "1,", "1:", "0-", "%41", "/", "/*a", "?a=b&", "@", "a@", "a.", "http://a/"),
    *("漢", "ก", "ア", "م", "И ", "e\u0301", "\u0301", "ß", "😀", "#", "_", "\\", "$", "{"),
)
_MAX_PIECES_OF_PATTERNS = 30
#: A run that takes less is never slow, whatever its growth.
_QUICK_SECONDS = 0.15
#: Growth of the length between two measurements, and the largest growth of the time. Linear
#: functions grow four times, quadratic ones sixteen times.
_FACTOR, _MAX_RATIO = 4, 9.0
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class TextFunction:
    """A function with a maximum number of characters, if its callers bound its input."""

    call: Function
    characters: int

    def growth(self, piece: str) -> float:
        """Return how much longer four times the text takes; 0 if that is quick.

        The text starts and ends with other characters, so that no search succeeds at once.
        """
        if self._seconds(piece, self.characters) < _QUICK_SECONDS:
            return 0.0
        return min(
            self._seconds(piece, self.characters)
            / max(self._seconds(piece, self.characters // _FACTOR), 1e-6)
            for _ in range(_REPEATS)
        )

    def pieces(self) -> Iterator[str]:
        """Yield the general pieces, and those that the patterns of its module look for."""
        yield from PIECES
        patterns = _patterns(vars(import_module(self.call.__module__)).values())
        yield from islice(dict.fromkeys(_literals(patterns)), _MAX_PIECES_OF_PATTERNS)

    def _seconds(self, piece: str, characters: int) -> float:
        text = f"x {(piece * (characters // len(piece) + 1))[:characters]}x"
        positional, named = _arguments(self.call, text)
        started = time.thread_time()
        # An error about the text is an outcome like others.
        with suppress(ValueError, LookupError, RuntimeError, SamestoryError):
            _exhaust(self.call(*positional, **named))
        return time.thread_time() - started


def find_text_functions(package: types.ModuleType) -> Iterator[Function]:
    """Yield the public functions of a package whose parameters can all be made of a text."""
    for module_info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for name, value in vars(import_module(module_info.name)).items():
            is_public = inspect.isfunction(value) and not name.startswith("_")
            if is_public and value.__module__ == module_info.name and _takes_text(value):
                yield value


def _takes_text(function: Function) -> bool:
    try:
        positional, named = _arguments(function, "text")
    except (TypeError, NameError):
        return False
    hints = str(typing.get_type_hints(function))
    return bool(positional or named) and any(each in hints for each in ("str", "bytes", "Article"))


def _arguments(function: Function, text: str) -> tuple[list[Any], dict[str, Any]]:
    hints = typing.get_type_hints(function)
    positional, named = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        value = _value(hints[name], text)
        if parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD}:
            named[name] = value
        else:
            positional.append(value)
    return positional, named


_SCALARS: Mapping[Any, Any] = {
    int: 50,
    float: 1.0,
    bool: False,
    datetime: datetime(2026, 5, 4, tzinfo=UTC),
    timedelta: timedelta(hours=1),
}


def _value(hint: Any, text: str) -> Any:
    """Return a value of a type; raise TypeError for a type that is not made of texts."""
    simple = {str: text, object: text, bytes: text.encode("utf-8", "replace"), **_SCALARS}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in simple:
        return simple[hint]
    if is_dataclass(hint):
        return _dataclass(hint, text)
    if origin is Literal:
        return arguments[0]
    if origin in {types.UnionType, typing.Union}:
        return text if str in arguments else None
    return _container(hint, text)


def _container(hint: Any, text: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(_value(each, text) for each in arguments)
    if origin in {tuple, list, frozenset, set}:
        return origin([_value(arguments[0], text)])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_value(arguments[0], text): _value(arguments[1], text)}
    if origin in {Sequence, Iterable, Collection}:
        return [_value(arguments[0], text)]
    raise TypeError(hint)


def _dataclass(kind: Any, text: str) -> Any:
    hints = typing.get_type_hints(kind)
    required = [
        each
        for each in fields(kind)
        if hints[each.name] is str or (each.default is MISSING and each.default_factory is MISSING)
    ]
    return kind(**{each.name: _value(hints[each.name], text) for each in required})


def _exhaust(result: object) -> None:
    if isinstance(result, Iterator):
        for _ in result:
            pass


def _patterns(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, re.Pattern):
            yield (
                value.pattern if isinstance(value.pattern, str) else value.pattern.decode("latin-1")
            )
        elif isinstance(value, Mapping):
            yield from _patterns(value.values())
        elif isinstance(value, tuple):
            yield from _patterns(value)


def _literals(patterns: Iterable[str]) -> Iterator[str]:
    """Yield the words between the operators of patterns, alone and with a space."""
    for pattern in patterns:
        for part in re.split(r"\\.|[|()\[\]{}?*+^$]", pattern):
            if re.search(r"\w", part):
                yield part.strip("\n") + " "
                yield part.strip("\n")
