"""Every page of the service over one store: pages of readers, subscribers, editors and admins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from service.domain.access.roles import Role
from service.domain.subscribers.alert_conditions import parse_conditions
from service.mail.signed_links import last_day_of, sign_token
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.subscribers import alerts, link_keys
from tests.support.content.site.open_questions import FERRY, OpenQuestions
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, STORYLINE, WORLD_NOW
from tests.support.content.subscribers import subscribe
from tests.support.database.api_keys import make_key_client
from tests.support.database.embedded_articles import embed_all_articles, model_context
from tests.support.servers.site import Site, serving
from tests.support.servers.visitor import Visitor

#: Pages of readers by name.
READER_PAGES = {
    "stories": "/",
    "filtered": "/?language=ru&sort=newest",
    "no match": "/?min_independent=10",
    "story": f"/stories/{MEETING}",
    "past story": f"/stories/{MEETING}?as_of=2023-04-25T15:00:00Z",
    "single story": "/stories/hostile",
    "unknown story": "/stories/unknown",
    "storylines": "/storylines",
    "storyline": f"/storylines/{STORYLINE}",
    "outlets": "/outlets",
    "outlet": "/outlets/harbour",
    "comparison": "/compare?outlet=harbour&outlet=volga-wire&days=30",
    "missing": "/missing",
    "map": "/map",
    "search": "/search?q=talks&outlet=cedar",
    "search form": "/search",
    "data": "/data",
    "subscribe": "/subscribe",
    "follow": "/follow?outlet=harbour",
    "feeds": "/feeds",
    "about": "/about",
    "docs": "/docs",
    "error": "/outlets?contry=GB",
}
#: Pages of editors and admins by name.
STAFF_PAGES = {
    "sign-in": "/sign-in",
    "desk": "/desk",
    "desk splits": "/desk?kind=split",
    "desk story": f"/desk/stories/{FERRY}",
    "decisions": "/desk/decisions",
    "operations": "/operations",
    "operations feeds": "/operations/feeds",
    "operations feed": "/operations/feeds/1",
    "add feed": "/operations/feeds/add",
    "jobs": "/operations/jobs",
    "deliveries": "/operations/deliveries",
    "database": "/operations/database",
}


@dataclass(frozen=True, slots=True)
class EveryPage:
    """A served store; `pages` are paths by name, `cookies` those of an editor and admin."""

    site: Site
    sessions: Sessions
    pages: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def cookies_for(self, path: str) -> dict[str, str]:
        """Cookies for a page; the page to sign in redirects people who are signed in."""
        return {} if path == "/sign-in" else self.cookies


@contextmanager
def serving_every_page(url: str) -> Iterator[EveryPage]:
    """Fill an empty database and serve all pages of it."""
    engine = schema.make_engine(url)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        OpenQuestions(session, WORLD_NOW)
        embed_all_articles(session)
    personal = _add_subscriber(sessions)
    with serving(sessions, clock=lambda: WORLD_NOW, model_context=model_context()) as site:
        person = Visitor(site)
        key = make_key_client(site, sessions, "Ruth Pell", Role.EDITOR, Role.ADMIN)
        person.sign_in(key.secret)
        yield EveryPage(site, sessions, READER_PAGES | personal | STAFF_PAGES, person.cookies)
    engine.dispose()


def _add_subscriber(sessions: Sessions) -> dict[str, str]:
    """A subscriber with an alert; returns the personal pages by name."""
    [subscriber] = subscribe(sessions, "ann@x.example")
    with sessions.begin() as session:
        alert = alerts.add(session, subscriber.id, parse_conditions(words="ferry"), now=WORLD_NOW)
        key = link_keys.ensure_key(session, now=WORLD_NOW)

    def path(purpose: str, number: int) -> str:
        day = last_day_of(WORLD_NOW, timedelta(days=400).days)
        return f"/digest/{purpose}/{sign_token(key, purpose, number, day)}"

    return {
        "confirmation": path("confirm", subscriber.id),
        "preferences": path("preferences", subscriber.id),
        "unsubscribe": path("unsubscribe", subscriber.id),
        "alert": path("alerts", alert.id),
        "expired link": "/digest/preferences/1-abc",
    }
