"""The web application of `up`, `web` and `demo`, and its server."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog
from fastapi import FastAPI

from jobs.running import current_models
from jobs.running.context import Context
from service.commands.running.servers.http_server import serve_in_thread
from service.store.database.connections.engines import derived_engine
from service.store.database.connections.limits import ConnectionLimits
from service.store.database.sessions import Sessions, make_sessions
from service.web.app import create_app
from service.web.dependencies import ModelContext

log = structlog.get_logger()


def build_web_app(context: Context, sessions: Sessions, *, check_interval: float = 5.0) -> FastAPI:
    """Build the web application with the same models, settings and clock as the jobs.

    `check_interval` is the time in seconds between two checks of the model in use.
    """
    settings = context.settings

    def find_models() -> ModelContext:
        with sessions() as session:
            return _model_context(current_models.apply(session, context))

    return create_app(
        sessions,
        clock=context.clock,
        origins=settings.web.cors_origins,
        settings=settings,
        model_context=replace(
            _model_context(context), find_current=find_models, check_interval=check_interval
        ),
    )


def _model_context(context: Context) -> ModelContext:
    settings = context.settings
    return ModelContext(
        encoder=context.encoder,
        languages=settings.embed.languages,
        pair_model=context.pair_model,
        stories=settings.stories,
        reach=settings.window.reach,
        tolerance=settings.admit.future_tolerance,
    )


@contextmanager
def serve_site(context: Context) -> Iterator[str]:
    """Serve the API and the web pages in a background thread; yields their base URL."""
    web = context.settings.web
    limits = ConnectionLimits.for_web(context.settings.database)
    with (
        derived_engine(context.engine, limits) as engine,
        serve_in_thread(
            build_web_app(context, make_sessions(engine)),
            web.host,
            web.port,
            web=web,
        ) as port,
    ):
        host = f"[{web.host}]" if ":" in web.host else web.host
        url = f"http://{host}:{port}/"
        # Objects that exist now stay until the end. Otherwise, each full garbage collection scans
        # them, which took a quarter of the time of a request for stories.
        gc.collect()
        gc.freeze()
        log.info("samestory is up", action="up", url=url)
        yield url
    log.info("stopped", action="stopped")
