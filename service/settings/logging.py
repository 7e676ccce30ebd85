"""Logging configuration: structlog and the standard library write to standard error."""

import logging
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from service.errors import SettingsError
from service.errors.redaction import redact_urls
from service.settings.sections.daemon import LogSettings
from service.settings.sources import nearest
from service.telemetry import tracing

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("auto", "json", "text")
#: Libraries whose info messages are noise for an operator.
NOISY_LOGGERS = ("alembic", "apscheduler", "uvicorn.access", "sentence_transformers", "httpx")


def configure(settings: LogSettings) -> None:
    """Write the logs of samestory and of its libraries to standard error in one format.

    Raises:
        SettingsError: unknown level or format.
    """
    level = _one_of("level", settings.level, LEVELS).upper()
    form = _one_of("format", settings.format, FORMATS)
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tracing.add_ids,
        _redact_addresses,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, text=text))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # The scheduler warns when it skips a run because the previous one is active. This is intended.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _redact_addresses(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Redact the URLs in all texts of a line; passwords and tokens of feeds stay out of logs."""
    return {name: _redact(value) for name, value in event.items()}


def _redact(value: Any) -> Any:
    """Redact the texts in a value, such as those of a traceback as lists and dictionaries."""
    if isinstance(value, str):
        return redact_urls(value)
    if isinstance(value, dict):
        return {name: _redact(each) for name, each in value.items()}
    return [_redact(each) for each in value] if isinstance(value, list) else value


def _redact_line(_logger: object, _method: str, line: Any) -> str:
    """Redact the URLs in a complete line, which may contain a traceback."""
    return redact_urls(line)


def _formatter(
    shared: list[structlog.typing.Processor], *, text: bool
) -> structlog.stdlib.ProcessorFormatter:
    # Tracebacks without local variables, which include passwords and the texts of publishers.
    render: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
            _redact_line,
        ]
        if text
        else [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            _redact_addresses,
            structlog.processors.JSONRenderer(),
        ]
    )
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[remove, *render]
    )


def _one_of(name: str, value: str, options: tuple[str, ...]) -> str:
    if value not in options:
        raise SettingsError(f"log.{name} = {value!r}; {nearest(value, options)}")
    return value
