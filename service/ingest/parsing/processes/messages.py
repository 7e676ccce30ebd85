"""Messages between the daemon and a parser process, each preceded by its length.

Jobs are pickles, because they come from the trusted parent process. Outcomes are JSON, because a
worker handles hostile documents: its messages are decoded by the types of the fields.
"""

import json
import pickle
import struct
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import IO, Any, Literal

from service.errors import FeedError, InternalFeedError, NotAFeedError

#: Largest message of a worker. The memory limit of workers allows no larger outcome.
MAX_OUTCOME_BYTES = 256 << 20
#: Errors of a worker, which has no connections.
_ERRORS: Mapping[str, type[FeedError]] = {
    each.kind: each for each in (InternalFeedError, NotAFeedError)
}
_LENGTH = struct.Struct(">Q")

Decoder = Callable[[Any], Any]


class BadMessageError(ValueError):
    """A message of a worker is not an outcome of its job."""


def write_message(stream: IO[bytes], data: bytes) -> None:
    """Write one message and flush it."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_message(stream: IO[bytes], *, max_bytes: int) -> bytes:
    """Read one message.

    Raises:
        EOFError: the other side closed the stream.
        BadMessageError: the message is larger than `max_bytes`.
    """
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    size = _LENGTH.unpack(header)[0]
    if size > max_bytes:
        raise BadMessageError(f"a message of {size} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def encode_job(job: object) -> bytes:
    """Encode a job of the parent process."""
    return pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)


def decode_job(data: bytes) -> object:
    """Decode a job in the worker."""
    return pickle.loads(data)  # noqa: S301 - the parent process is trusted


def encode_outcome(outcome: object) -> bytes:
    """Encode an outcome; a dataclass becomes the list of its fields, an error an object."""
    if isinstance(outcome, FeedError):
        document: object = {"error": outcome.kind, "url": outcome.url, "detail": outcome.detail}
    else:
        document = {"outcome": outcome}
    return json.dumps(document, default=_encode, separators=(",", ":")).encode()


def decode_outcome(data: bytes, kind: Any) -> Any:
    """Decode an outcome of type `kind`, or the error of the job.

    Types may consist of dataclasses, tuples of any length, literals, optional values, strings,
    numbers, times in UTC and time spans.

    Raises:
        BadMessageError: the message is neither.
    """
    try:
        document = json.loads(data)
        if "outcome" in document:
            return _decoder(kind)(document["outcome"])
        url, detail = _decode_text(document["url"]), _decode_text(document["detail"])
        return _ERRORS[document["error"]](url, detail)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise BadMessageError(f"{type(error).__name__} in a message") from error


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value)]
    raise TypeError(type(value))


@cache
def _decoder(hint: Any) -> Decoder:
    """Return the function that checks and converts a JSON value of a type."""
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is Literal:
        return _decode_literal(arguments)
    if origin is tuple:
        return _decode_tuple(_decoder(arguments[0]))
    if origin in {types.UnionType, typing.Union}:
        [required] = [each for each in arguments if each is not types.NoneType]
        return _decode_optional(_decoder(required))
    if is_dataclass(hint):
        return _decode_dataclass(hint)
    return _SCALARS[hint]


def _decode_literal(choices: tuple[object, ...]) -> Decoder:
    def decode(value: Any) -> Any:
        if value not in choices:
            raise ValueError(value)
        return value

    return decode


def _decode_tuple(decode_item: Decoder) -> Decoder:
    def decode(value: Any) -> tuple[Any, ...]:
        return tuple([decode_item(each) for each in _decode_list(value)])

    return decode


def _decode_optional(decode_value: Decoder) -> Decoder:
    return lambda value: None if value is None else decode_value(value)


def _decode_dataclass(kind: Any) -> Decoder:
    hints = typing.get_type_hints(kind)
    decoders = [_decoder(hints[field.name]) for field in fields(kind)]

    def decode(value: Any) -> Any:
        pairs = zip(decoders, _decode_list(value), strict=True)
        return kind(*[decode_field(each) for decode_field, each in pairs])

    return decode


def _scalar(kind: type) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(type(value))
        return value

    return decode


_decode_text, _decode_list, _decode_number = _scalar(str), _scalar(list), _scalar(float)


def _decode_time(value: Any) -> datetime:
    return datetime.fromisoformat(_decode_text(value)).astimezone(UTC)


def _decode_span(value: Any) -> timedelta:
    return timedelta(seconds=_decode_number(value))


_SCALARS: Mapping[Any, Decoder] = {
    str: _decode_text,
    int: _scalar(int),
    bool: _scalar(bool),
    datetime: _decode_time,
    timedelta: _decode_span,
}
