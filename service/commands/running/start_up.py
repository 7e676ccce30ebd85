"""Start-up of processes that run jobs or serve: logging, tracing, catalogue, models.

The web application has a module of its own: processes without it start in two thirds of the time.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from jobs.running import current_models
from jobs.running.context import Context
from service.commands.running.shipped_feeds import import_shipped
from service.commands.running.wiring import open_context
from service.settings import load as settings_module
from service.settings import logging
from service.store.database.connections.traced import trace_statements
from service.telemetry import tracing


@contextmanager
def open_service(*, runs_schedule: bool) -> Iterator[Context]:
    """Configure logging and yield the context.

    `runs_schedule` is for processes that run the jobs on schedule. It changes the database: it
    imports the shipped feed catalogue if there are no feeds, and requests the embedding model of
    the settings, which starts a change of the model if another one is in use.
    """
    settings = settings_module.load()
    logging.configure(settings.log)
    exporter = tracing.make_exporter(settings.tracing.endpoint)
    with (
        tracing.tracing(exporter, ratio=settings.tracing.ratio),
        trace_statements() if exporter else nullcontext(),
        open_context(settings) as context,
    ):
        if runs_schedule:
            import_shipped(context)
            current_models.request(context)
        yield context
