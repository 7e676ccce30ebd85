"""The web application: API, pages, health and figures over one store."""

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from service.store.sessions import Sessions
from service.web import alerts as alert_pages
from service.web import (
    conditional,
    docs,
    health,
    metrics,
    moved,
    openapi,
    pages,
    problems,
    subscriptions,
)
from service.web.api import (
    articles,
    catalogue,
    changes,
    feeds_out,
    runs,
    stories,
    story_parts,
    storylines,
)
from service.web.context import Clock, Web
from service.web.metrics import Metrics
from service.web.outermost import Outermost
from service.web.rendering import environment

STATIC = Path(__file__).parent / "static"
#: Answers below so many bytes are not worth compressing, and beyond this level none is smaller.
COMPRESSED_FROM, COMPRESSION = 1000, 5
#: Headers of answers that scripts of other sites may read.
EXPOSED = ("ETag", "Link", "Location", "Retry-After", "X-Request-ID")


def create_app(
    sessions: Sessions, *, clock: Clock, title: str = "samestory", origins: Sequence[str] = ()
) -> FastAPI:
    """An application that answers from a store; nothing is read or opened yet.

    Its routes only read, those of subscribers apart: each request is one read-only transaction. `clock` gives the
    present time, with its zone, for ages on pages and in figures. `origins` are the sites
    whose scripts may ask; `*` stands for any.
    """
    app = FastAPI(title=title, docs_url=None, redoc_url=None, redirect_slashes=False)
    templates = environment(title, STATIC)
    app.state.web = Web(sessions, clock, title, templates, version("samestory"))
    app.state.metrics = Metrics(sessions, clock)
    for module in (
        feeds_out,
        stories,
        changes,
        story_parts,
        articles,
        catalogue,
        storylines,
        runs,
        health,
        metrics,
        docs,
        pages,
        subscriptions,
        alert_pages,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(conditional.Conditional)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM, compresslevel=COMPRESSION)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "Last-Event-ID"],
            expose_headers=list(EXPOSED),
            max_age=86400,
        )
    app.add_middleware(Outermost, metrics=app.state.metrics)
    problems.install(app)
    conditional.install(app)
    moved.install(app)
    app.openapi = partial(openapi.describe, app)  # type: ignore[method-assign]
    return app
