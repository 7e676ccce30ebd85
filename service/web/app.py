"""Composition root of the web application: state, routes, middleware, exception handlers."""

from collections.abc import Sequence
from functools import partial

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from service.domain.access.rate_limit import Quota
from service.settings import load as settings_module
from service.settings.load import Settings
from service.store.access import rate_buckets
from service.store.database.change_counter import read_latest_change_counter
from service.store.database.sessions import Sessions
from service.web import health, metrics
from service.web.api import articles, keys, runs
from service.web.api.catalogue import feeds, outlet_edits, outlets
from service.web.api.counts import counts, entities
from service.web.api.editing import decisions
from service.web.api.export import lists as exports
from service.web.api.queries import queries
from service.web.api.search import match, search
from service.web.api.search import syndication as search_feeds
from service.web.api.stories import changes, missing, parts, stories, storylines
from service.web.api.stories import syndication as story_feeds
from service.web.api.subscribers import alerts, subscribers
from service.web.api.webhooks import deliveries, webhooks
from service.web.browser_sessions import BrowserSessions
from service.web.dependencies import Clock, ModelContext, WebContext
from service.web.desk import decisions as decision_pages
from service.web.desk import queue
from service.web.desk import stories as edit_pages
from service.web.docs import openapi
from service.web.docs import page as docs_page
from service.web.lazy_model import LazyModel
from service.web.metrics import Metrics
from service.web.middleware.access import AccessMiddleware, AccessPolicy
from service.web.middleware.authenticate import KeyCache
from service.web.middleware.concurrency import ConcurrencyLimits
from service.web.middleware.cors import CorsMiddleware
from service.web.middleware.etags import ConditionalMiddleware
from service.web.middleware.gzip import GzipMiddleware
from service.web.middleware.hosts import HostMiddleware, HostPolicy
from service.web.middleware.request_context import RequestContextMiddleware
from service.web.middleware.response_cache import ResponseCache
from service.web.middleware.shared_reads import SharedReads
from service.web.operations import deliveries as delivery_pages
from service.web.operations import feeds as feed_pages
from service.web.operations import jobs as job_pages
from service.web.operations import new_feeds, overview, storage
from service.web.pages import alert_feeds, subscriptions
from service.web.pages import alerts as alert_pages
from service.web.pages import front as front_page
from service.web.pages import search as search_page
from service.web.pages import story as story_page
from service.web.pages.catalogue import comparison as comparison_page
from service.web.pages.catalogue import feeds as feed_list_page
from service.web.pages.catalogue import missing as missing_pages
from service.web.pages.catalogue import outlets as outlet_pages
from service.web.pages.catalogue import story_map as map_page
from service.web.pages.catalogue import storylines as storyline_pages
from service.web.pages.readers import data, follow, subscribe
from service.web.pages.site import about, files, pictures
from service.web.people import pages as people_pages
from service.web.people import sign_in
from service.web.rendering.story_item_cache import StoryItemCache
from service.web.rendering.templates import STATIC, create_environment
from service.web.requests import problems, redirects
from service.web.requests.content_type import require_json
from service.web.requests.maintenance import reject_in_maintenance
from service.web.requests.parameters.unknown_parameters import reject_unknown_parameters
from service.web.requests.paths import reject_encoded_slashes

#: Smaller responses gain nothing from gzip, and higher levels hardly reduce the size.
GZIP_MIN_BYTES, GZIP_LEVEL = 1000, 5
#: Subscriptions that one client may request: an address can have many people behind it.
SUBSCRIPTION_QUOTA = Quota(10, window=3600)
#: Modules with a `router`, in the order in which paths are matched.
ROUTE_MODULES = (
    story_feeds,
    stories,
    changes,
    missing,
    parts,
    articles,
    search,
    search_feeds,
    match,
    counts,
    entities,
    exports,
    outlets,
    queries,
    storylines,
    runs,
    decisions,
    outlet_edits,
    feeds,
    subscribers,
    alerts,
    keys,
    webhooks,
    deliveries,
    health,
    metrics,
    docs_page,
    front_page,
    story_page,
    files,
    pictures,
    feed_list_page,
    about,
    storyline_pages,
    outlet_pages,
    comparison_page,
    missing_pages,
    map_page,
    search_page,
    data,
    subscribe,
    follow,
    subscriptions,
    alert_pages,
    alert_feeds,
    sign_in,
    queue,
    decision_pages,
    edit_pages,
    overview,
    new_feeds,
    feed_pages,
    job_pages,
    delivery_pages,
    storage,
)


def create_app(
    sessions: Sessions,
    *,
    clock: Clock,
    title: str = "samestory",
    origins: Sequence[str] = (),
    settings: Settings | None = None,
    model_context: ModelContext | None = None,
) -> FastAPI:
    """Create the application; it opens no connection and loads no model yet.

    `clock` returns the current time with its time zone. `origins` are the CORS origins; `*` allows
    any. Without `settings` the defaults apply. Without `model_context` search is keyword-only.
    """
    settings = settings or settings_module.load({})
    app = FastAPI(
        title=title,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )

    templates = create_environment(title, STATIC)
    web = WebContext(sessions, clock, title, templates, settings, model_context)
    # Without the overhead of a transaction, because every cached response needs this read.
    engine = web.engine.execution_options(isolation_level="AUTOCOMMIT")
    reads = SharedReads(partial(read_latest_change_counter, engine))
    app.state.web = web
    app.state.access = AccessPolicy.from_settings(settings)
    app.state.key_cache = KeyCache(sessions, clock, reads)
    app.state.browser_sessions = BrowserSessions(sessions, clock)
    app.state.limits = ConcurrencyLimits(settings.web)
    app.state.subscription_quota = SUBSCRIPTION_QUOTA
    app.state.metrics = Metrics(web.engine, clock)
    app.state.readiness = health.readiness_probe(web)
    app.state.story_items = StoryItemCache(settings.web.story_cache_mib << 20)
    if model_context:
        app.state.model = LazyModel(model_context)

    checks = [
        Depends(reject_encoded_slashes),
        Depends(reject_unknown_parameters),
        Depends(require_json),
        Depends(reject_in_maintenance),
    ]
    for module in ROUTE_MODULES:
        app.include_router(module.router, dependencies=checks)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.openapi = partial(openapi.describe, app)  # type: ignore[method-assign]

    _add_middleware(app, settings, reads, origins)
    problems.add_exception_handlers(app)
    redirects.add_exception_handler(app)
    people_pages.add_exception_handler(app)
    return app


def _add_middleware(
    app: FastAPI, settings: Settings, reads: SharedReads, origins: Sequence[str]
) -> None:
    """Add the middleware, innermost first.

    Access is outside of the cache, so that a cached response is never sent to a client that may
    not read it.
    """
    state = app.state
    app.add_middleware(ConditionalMiddleware)
    app.add_middleware(GzipMiddleware, min_bytes=GZIP_MIN_BYTES, level=GZIP_LEVEL)
    app.add_middleware(ResponseCache, reads=reads, max_bytes=settings.web.response_cache_mib << 20)
    app.add_middleware(
        AccessMiddleware,
        policy=state.access,
        key_cache=state.key_cache,
        browser_sessions=state.browser_sessions,
        exchange=partial(rate_buckets.exchange, state.web.sessions, state.access.quota),
    )
    if origins:
        app.add_middleware(CorsMiddleware, origins=list(origins))
    app.add_middleware(HostMiddleware, policy=HostPolicy.from_settings(settings.web))
    app.add_middleware(RequestContextMiddleware, metrics=state.metrics)
