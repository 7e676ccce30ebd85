"""Structured logs on standard error: JSON for machines, lines for people."""

import logging
import sys

import structlog

from service.errors import SettingsError
from service.settings.daemon import LogSettings
from service.settings.load import nearest

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("json", "text")
#: Libraries that tell more than an operator wants to know.
CHATTY = ("alembic", "apscheduler", "uvicorn.access", "sentence_transformers", "httpx")


def configure(settings: LogSettings) -> None:
    """Send the project's and the libraries' logs to standard error in one format.

    Raises:
        SettingsError: an unknown level or format.
    """
    level = _known("level", settings.level, LEVELS).upper()
    text = _known("format", settings.format, FORMATS) == "text"
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, text=text))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # It warns each time that a run is due while the one before still lasts, which is meant so.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _formatter(
    shared: list[structlog.typing.Processor], *, text: bool
) -> structlog.stdlib.ProcessorFormatter:
    render: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if text
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    )
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[remove, *render]
    )


def _known(name: str, value: str, options: tuple[str, ...]) -> str:
    if value not in options:
        raise SettingsError(f"log.{name} = {value!r}; {nearest(value, options)}")
    return value
