"""Spans of SQL statements, if traces are recorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from service.telemetry import tracing

#: Characters of a statement in a span. Parameters are not recorded: they contain addresses.
MAX_STATEMENT = 2000
_SPAN = "samestory_span"


@contextmanager
def trace_statements() -> Iterator[None]:
    """Record a span for each statement of all engines, inside of a request or a run."""
    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": _start,
        "after_cursor_execute": _end,
        "handle_error": _fail,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


def _start(
    _connection: object,
    _cursor: object,
    statement: str,
    _parameters: object,
    context: Any,
    _many: object,
) -> None:
    words = statement.split(maxsplit=1)
    name = words[0].upper() if words else "SQL"
    attributes = {"db.system": "postgresql", "db.statement": statement[:MAX_STATEMENT]}
    if context is not None:
        setattr(context, _SPAN, tracing.start_span(f"SQL {name}", **attributes))


def _end(
    _connection: object,
    _cursor: object,
    _statement: object,
    _parameters: object,
    context: Any,
    _many: object,
) -> None:
    if (span := getattr(context, _SPAN, None)) is not None:
        span.end()


def _fail(context: Any) -> None:
    if (span := getattr(context.execution_context, _SPAN, None)) is not None:
        span.record_exception(type(context.original_exception)("the statement failed"))
        span.end()
