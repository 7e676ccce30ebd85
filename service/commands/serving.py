"""What `up`, `web`, `jobs` and the demo share: getting ready, and serving until told to stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from jobs.context import Context
from jobs.daemon import serving, until_signalled
from service import logs
from service import settings as settings_module
from service.commands.feeds import import_shipped
from service.commands.world import open_world
from service.web.app import create_app

log = structlog.get_logger()


@contextmanager
def ready(*, with_feeds: bool) -> Iterator[Context]:
    """The world with logging on, and with the shipped catalogue in an empty database."""
    settings = settings_module.load()
    logs.configure(settings.log)
    with open_world(settings) as context:
        if with_feeds:
            import_shipped(context)
        yield context


def serve(context: Context, on_ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve API and page until SIGTERM or Ctrl-C; `on_ready` gets their URL."""
    web = context.settings.web
    app = create_app(context.sessions, clock=context.clock)
    with until_signalled() as stop, serving(app, web.host, web.port) as port:
        url = f"http://{web.host}:{port}/"
        log.info("samestory is up", action="up", url=url)
        on_ready(url)
        stop.wait()
    log.info("stopped", action="stopped")
