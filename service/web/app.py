"""The web application: API, pages, health and figures over one store."""

from functools import partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from service.store.sessions import Sessions
from service.web import health, metrics, openapi, pages, problems
from service.web.api import articles, catalogue, runs, stories, storylines
from service.web.context import Clock, Web
from service.web.metrics import Metrics
from service.web.outermost import Outermost
from service.web.rendering import environment

STATIC = Path(__file__).parent / "static"


def create_app(sessions: Sessions, *, clock: Clock, title: str = "samestory") -> FastAPI:
    """An application that answers from a store; nothing is read or opened yet.

    Its routes only read: each request is one read-only transaction. `clock` gives the
    present time, with its zone, for ages on pages and in figures.
    """
    app = FastAPI(title=title, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.web = Web(sessions, clock, title, environment(title, STATIC))
    app.state.metrics = Metrics(sessions, clock)
    for module in (stories, articles, catalogue, storylines, runs, health, metrics, pages):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Outermost, metrics=app.state.metrics)
    problems.install(app)
    app.openapi = partial(openapi.describe, app)  # type: ignore[method-assign]
    return app
