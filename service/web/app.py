"""The web application: API, pages, health and figures over one store."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine

from service.domain.access.rate_limit import Quota
from service.settings import load as settings_module
from service.settings.load import Settings
from service.store.database.change_counter import State, read_state
from service.store.database.sessions import Sessions
from service.web import health, metrics
from service.web.api import articles, decisions, keys, runs, webhooks
from service.web.api.catalogue import feeds, outlet_edits, outlets
from service.web.api.search import match, search
from service.web.api.search import syndication as search_feeds
from service.web.api.stories import changes, parts, stories, storylines
from service.web.api.stories import syndication as story_feeds
from service.web.api.subscribers import alerts, subscribers
from service.web.dependencies import Clock, ModelContext, WebContext
from service.web.docs import openapi
from service.web.docs import page as docs_page
from service.web.lazy_model import LazyModel
from service.web.metrics import Metrics
from service.web.middleware import cors, etags
from service.web.middleware.access import Access, AccessMiddleware
from service.web.middleware.authenticate import KeyCache
from service.web.middleware.concurrency import ConcurrencyLimits
from service.web.middleware.gzip import GzipMiddleware
from service.web.middleware.request_context import RequestContextMiddleware
from service.web.middleware.response_cache import ResponseCache
from service.web.middleware.shared_reads import SharedReads
from service.web.pages import alert_feeds, subscriptions
from service.web.pages import alerts as alert_pages
from service.web.pages import search as search_page
from service.web.pages import stories as story_pages
from service.web.rendering.templates import environment
from service.web.requests import problems, redirects
from service.web.requests.content_type import require_json
from service.web.requests.unknown_parameters import reject_unknown_parameters

STATIC = Path(__file__).parent / "static"
#: Answers below so many bytes are not worth compressing, and beyond this level none is smaller.
COMPRESSED_FROM, COMPRESSION = 1000, 5
#: Memory for answers that are kept, MiB, where nothing else is said.
ANSWERS_MIB = 64
#: What has routes, in the order in which an address is looked for.
ROUTED = (
    story_feeds,
    stories,
    changes,
    parts,
    articles,
    search,
    search_feeds,
    match,
    outlets,
    storylines,
    runs,
    decisions,
    outlet_edits,
    feeds,
    subscribers,
    alerts,
    keys,
    webhooks,
    health,
    metrics,
    docs_page,
    story_pages,
    search_page,
    subscriptions,
    alert_pages,
    alert_feeds,
)


def create_app(
    sessions: Sessions,
    *,
    clock: Clock,
    title: str = "samestory",
    origins: Sequence[str] = (),
    settings: Settings | None = None,
    reading: ModelContext | None = None,
) -> FastAPI:
    """An application that answers from a store; nothing is read or opened yet.

    Each request that reads is one read-only transaction, each that writes is one transaction, too.
    `clock` gives the present time, with its zone, for ages on pages and in figures. `origins` are
    the sites whose scripts may ask; `*` stands for any. Without `settings` the defaults hold.
    Without `reading` nothing is found by its meaning.
    """
    settings = settings or settings_module.load({})
    app = FastAPI(title=title, docs_url=None, redoc_url=None, redirect_slashes=False)
    templates = environment(title, STATIC)
    app.state.web = WebContext(
        sessions, clock, title, templates, version("samestory"), settings, reading
    )
    if reading:
        app.state.model = LazyModel(reading)
    app.state.bounds = ConcurrencyLimits(settings.web)
    app.state.metrics = Metrics(sessions, clock)
    for module in ROUTED:
        app.include_router(
            module.router, dependencies=[Depends(reject_unknown_parameters), Depends(require_json)]
        )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_layers(app, settings, origins)
    problems.install(app)
    etags.install(app)
    redirects.install(app)
    app.openapi = partial(openapi.describe, app)  # type: ignore[method-assign]
    return app


def _add_layers(app: FastAPI, settings: Settings, origins: Sequence[str]) -> None:
    """What stands around the routes, the innermost first."""
    app.add_middleware(etags.ConditionalMiddleware)
    app.add_middleware(GzipMiddleware, minimum_size=COMPRESSED_FROM, compresslevel=COMPRESSION)
    most = settings.web.response_cache_mib << 20
    web: WebContext = app.state.web
    readings = SharedReads(_reader_of(web.engine))
    app.add_middleware(ResponseCache, readings=readings, most=most)
    # Outside of what is kept: whoever may not read is not answered from memory either.
    ring = app.state.ring = KeyCache(web.sessions, web.clock, readings)
    access = app.state.access = _access(settings)
    app.add_middleware(AccessMiddleware, access=access, ring=ring)
    if origins:
        cors.install(app, origins)
    app.add_middleware(RequestContextMiddleware, metrics=app.state.metrics)


def _access(settings: Settings) -> Access:
    found = settings.access
    return Access(found.is_open(settings.web.host), Quota(found.requests_per_minute), found.max_body_bytes)


def _reader_of(engine: Engine) -> Callable[[], State]:
    """Reads the store's state without the frame of a transaction."""
    return partial(read_state, engine.execution_options(isolation_level="AUTOCOMMIT"))
