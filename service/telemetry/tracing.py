"""OpenTelemetry traces, off by default.

`start` imports the libraries of the extra `tracing`. Until then `span` costs one comparison.
"""

from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

#: Value of a span attribute.
Value = str | int | float | bool


@dataclass(slots=True)
class _State:
    """The tracer of this process; None without tracing."""

    tracer: "Tracer | None" = None


_state = _State()
_NOTHING = nullcontext()


@contextmanager
def tracing(exporter: "SpanExporter | None", *, ratio: float = 1.0) -> Iterator[None]:
    """Record traces inside the `with` block and send them; without an exporter, do nothing.

    `ratio` is the share of the traces that are recorded. Spans are sent in the background and
    dropped if the receiver does not keep up.
    """
    if exporter is None:
        yield
        return
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415

    release = version("samestory")
    provider = TracerProvider(
        resource=Resource.create({"service.name": "samestory", "service.version": release}),
        sampler=ParentBasedTraceIdRatio(ratio),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _state.tracer = provider.get_tracer("samestory", release)
    try:
        yield
    finally:
        _state.tracer = None
        provider.shutdown()


def make_exporter(endpoint: str) -> "SpanExporter | None":
    """Return an exporter to an OTLP receiver over HTTP; None for an empty endpoint.

    The variables `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_CERTIFICATE` apply.

    Raises:
        SettingsError: the extra `tracing` is not installed.
    """
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
    except ImportError as error:
        raise SettingsError(
            "tracing.endpoint is set, but OpenTelemetry is not installed; in the checkout, run"
            " pip install '.[tracing]'"
        ) from error
    parts = urlsplit(endpoint)
    path = f"{parts.path.rstrip('/')}/v1/traces"
    return OTLPSpanExporter(endpoint=parts._replace(path=path).geturl(), timeout=5)


def span(name: str, **attributes: Value) -> AbstractContextManager[Any]:
    """Return a span as a context manager, inside of the current one; it ends with the block."""
    if _state.tracer is None:
        return _NOTHING
    return _state.tracer.start_as_current_span(name, attributes=attributes)


def set_attributes(**attributes: Value) -> None:
    """Add attributes to the current span."""
    if _state.tracer is not None:
        from opentelemetry.trace import get_current_span  # noqa: PLC0415

        get_current_span().set_attributes(attributes)


def start_span(name: str, **attributes: Value) -> Any:
    """Start a span that `end` of the result ends; None without tracing or outside of a span.

    For callbacks, which cannot use `span`.
    """
    if _state.tracer is None:
        return None
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    if not get_current_span().is_recording():
        return None  # such as heartbeats
    return _state.tracer.start_span(name, attributes=attributes)


def record_step(name: str, articles: Iterable[int], since: datetime | None = None) -> None:
    """Add a span to the trace of each article, linked to the current span.

    The jobs pass articles on through the database. So the id of an article's trace is computed from
    the id of the article, and each job adds its own span. `since` is the start of the step; by
    default, it has no duration.
    """
    if _state.tracer is None:
        return
    from opentelemetry import trace  # noqa: PLC0415

    current = trace.get_current_span().get_span_context()
    links = [trace.Link(current)] if current.is_valid else []
    for article in articles:
        root = trace.SpanContext(
            trace_id=trace_id_of(article),
            span_id=trace_id_of(article) & (1 << 64) - 1,
            is_remote=True,
            trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
        )
        context = trace.set_span_in_context(trace.NonRecordingSpan(root))
        start = None if since is None else int(since.timestamp() * 1e9)
        _state.tracer.start_span(
            name, context, attributes={"article": article}, links=links, start_time=start
        ).end()


def trace_id_of(article: int) -> int:
    """Return the id of the trace of an article, 128 bits."""
    return int.from_bytes(blake2b(b"article %d" % article, digest_size=16).digest())


def add_ids(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add the ids of the current trace and span to a log line; a processor of structlog."""
    if _state.tracer is not None:
        from opentelemetry.trace import get_current_span  # noqa: PLC0415

        current = get_current_span().get_span_context()
        if current.is_valid:
            event["trace_id"] = f"{current.trace_id:032x}"
            event["span_id"] = f"{current.span_id:016x}"
    return event
