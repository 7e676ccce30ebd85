"""Feeds of alerts: matching stories, caching, token links."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.domain.access.roles import Role
from service.domain.subscribers.alert_conditions import parse_conditions
from service.settings.load import load
from service.store.database.sessions import Sessions
from service.store.subscribers import alerts
from service.store.subscribers.subscribers import Subscriber
from service.store.tables import StoryRow
from service.web.app import create_app
from tests.integration.subscribers.test_subscription_pages import path
from tests.support.content.subscribers import DUE, report_news, subscribe
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.feed_validation import find_errors
from tests.support.servers.site import Site, running, serving

HOUR = timedelta(hours=1)
FORMS = ["atom", "rss", "json"]


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with serving(sessions, clock=lambda: DUE) as running:
        yield running


@pytest.fixture
def subscriber(sessions: Sessions) -> Subscriber:
    return subscribe(sessions, "ann@x.example")[0]


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> KeyClient:
    return make_key_client(site, sessions, "adam", Role.ADMIN)


def feed_of(adam: KeyClient, subscriber: Subscriber, **query: object) -> str:
    """Create an alert; returns the path of its feed without the suffix."""
    created = adam.post(f"/v1/subscribers/{subscriber.id}/alerts", query)
    assert created.status == 201, created.text
    where: str = created.json["feed"]
    return where.removesuffix(".atom")


def titles(site: Site, where: str) -> list[str]:
    """Titles of the entries of a feed."""
    return [item["title"] for item in site.get(f"{where}.json").json["items"]]


def test_feed_contains_matching_stories(
    site: Site, sessions: Sessions, subscriber: Subscriber, adam: KeyClient
) -> None:
    older, wide, late = (
        report_news(sessions, DUE - hours * HOUR, outlets)
        for hours, outlets in [(200, ("a", "b")), (3, ("c", "d", "e")), (2, ("f",))]
    )
    assert titles(site, feed_of(adam, subscriber, min_independent=2)) == [wide]
    word = feed_of(adam, subscriber, words=f"{late.split()[0]}, {older.split()[0]}")
    assert titles(site, word) == [late]
    feed = site.get(f"{word}.json").json
    assert feed["title"].endswith(
        str(parse_conditions(words=f"{late.split()[0]}, {older.split()[0]}"))
    )
    assert feed["feed_url"] == f"{site.url}{word}.json"
    assert titles(site, feed_of(adam, subscriber, words="nobody")) == []


@pytest.mark.parametrize("form", FORMS)
def test_feed_is_valid_in_every_format(
    site: Site, sessions: Sessions, subscriber: Subscriber, adam: KeyClient, form: str
) -> None:
    for each in (
        feed_of(adam, subscriber, words="happens"),
        feed_of(adam, subscriber, words="<&>'x"),
    ):
        assert find_errors(form, site.get(f"{each}.{form}").body) == []
    report_news(sessions, DUE - HOUR)
    full = feed_of(adam, subscriber, words="happens, <b>")
    assert find_errors(form, site.get(f"{full}.{form}").body) == []
    assert "happens" in site.get(f"{full}.{form}").text


def test_unchanged_feed_returns_304_and_is_private(
    site: Site, sessions: Sessions, subscriber: Subscriber, adam: KeyClient
) -> None:
    report_news(sessions, DUE - HOUR)
    where = feed_of(adam, subscriber, words="happens") + ".atom"
    first = site.get(where)
    assert first.headers["cache-control"] == "private, no-cache"
    conditional = {"If-None-Match": first.headers["etag"]}
    assert site.get(where, headers=conditional).status == 304
    with sessions.begin() as session:
        session.query(StoryRow).update({"headline": "What happens now", "renamed": True})
    assert site.get(where, headers=conditional).status == 200


def test_feed_link_opens_no_other_page(
    site: Site, sessions: Sessions, subscriber: Subscriber, adam: KeyClient
) -> None:
    where = feed_of(adam, subscriber, words="ferry")
    token = where.rpartition("/")[2]
    for other in ("alerts", "preferences", "unsubscribe", "editions"):
        assert site.get(f"/digest/{other}/{token}").status == 404
        assert site.get(f"/digest/{other}/{token}", method="POST").status in {404, 405}
    with sessions.begin() as session:
        [alert] = alerts.list_by_subscriber(session, [subscriber.id])[subscriber.id]
    stops = path(sessions, "alerts", alert.id).rpartition("/")[2]
    for wrong in (stops, "1", "x", f"{alert.id + 1}{token[1:]}", "%00"):
        assert site.get(f"/digest/feeds/{wrong}.atom").status == 404
    assert site.get(f"{where}.exe").status == 422


def test_feed_of_stopped_alert_returns_410(
    site: Site, sessions: Sessions, subscriber: Subscriber, adam: KeyClient
) -> None:
    where = feed_of(adam, subscriber, words="ferry")
    assert titles(site, where) == []
    with sessions.begin() as session:
        [alert] = alerts.list_by_subscriber(session, [subscriber.id])[subscriber.id]
        alerts.stop(session, alert.id, now=DUE)
    gone = site.get(f"{where}.rss")
    assert gone.status == 410
    assert "stopped" in gone.text


def test_preferences_page_links_to_the_feed(
    site: Site, sessions: Sessions, subscriber: Subscriber
) -> None:
    with sessions.begin() as session:
        alerts.add(session, subscriber.id, parse_conditions(words="happens"), now=DUE)
    headline = report_news(sessions, DUE - HOUR)
    page = site.page(path(sessions, "preferences", subscriber.id)).text
    [link] = re.findall(r'href="(/digest/feeds/[^"]+)\.atom"', page)
    assert titles(site, link) == [headline]


def test_feed_needs_no_key_where_reading_does(
    sessions: Sessions, subscriber: Subscriber, adam: KeyClient
) -> None:
    where = feed_of(adam, subscriber, words="ferry")
    settings = load({"SAMESTORY_ACCESS__READ_ACCESS": "keys"})
    with running(create_app(sessions, clock=lambda: DUE, settings=settings)) as closed:
        assert closed.get("/v1/stories").status == 401
        assert titles(closed, where) == []
