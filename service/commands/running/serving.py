"""What `up`, `web`, `jobs` and the demo share: getting ready, and serving API and page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from jobs.running.context import Context
from jobs.running.daemon import serving
from service.commands.feeds import import_shipped
from service.commands.running.wiring import open_world
from service.settings import load as settings_module
from service.settings import logging
from service.web.app import create_app
from service.web.dependencies import Reading

log = structlog.get_logger()


@contextmanager
def ready(*, with_feeds: bool) -> Iterator[Context]:
    """The world with logging on, and with the shipped catalogue in an empty database."""
    settings = settings_module.load()
    logging.configure(settings.log)
    with open_world(settings) as context:
        if with_feeds:
            import_shipped(context)
        yield context


def reading_of(context: Context) -> Reading:
    """How the server reads texts: with the model, the scores and the rules of the jobs."""
    settings = context.settings
    return Reading(
        encoder=context.encoder,
        languages=settings.embed.languages,
        pair_model=context.pair_model,
        stories=settings.stories,
        reach=settings.window.reach,
        tolerance=timedelta(minutes=settings.admit.future_tolerance_minutes),
    )


@contextmanager
def online(context: Context) -> Iterator[str]:
    """API and page; yields their URL."""
    web = context.settings.web
    app = create_app(
        context.sessions,
        clock=context.clock,
        origins=web.cors_origins,
        settings=context.settings,
        reading=reading_of(context),
    )
    with serving(app, web.host, web.port, proxies=web.trusted_proxies) as port:
        host = f"[{web.host}]" if ":" in web.host else web.host
        url = f"http://{host}:{port}/"
        log.info("samestory is up", action="up", url=url)
        yield url
    log.info("stopped", action="stopped")
