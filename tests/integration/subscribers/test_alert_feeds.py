"""An alert as a feed: a saved query that any feed reader can follow."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.domain.access.roles import Role
from service.domain.subscribers.alert_preferences import parse_query
from service.settings.load import load
from service.store.database.sessions import Sessions
from service.store.subscribers import alerts
from service.store.subscribers.subscribers import Subscriber
from service.store.tables import StoryRow
from service.web.app import create_app
from tests.integration.subscribers.test_subscription_pages import path
from tests.support.content.subscribers import DUE, report_news, subscribe
from tests.support.database.api_keys import Holder, holder
from tests.support.feed_validation import find_errors
from tests.support.servers.site import Site, running, serving

HOUR = timedelta(hours=1)
FORMS = ["atom", "rss", "json"]


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with serving(sessions, clock=lambda: DUE) as running:
        yield running


@pytest.fixture
def reader(sessions: Sessions) -> Subscriber:
    return subscribe(sessions, "ann@x.example")[0]


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> Holder:
    return holder(site, sessions, "adam", Role.ADMIN)


def feed_of(adam: Holder, reader: Subscriber, **asked: object) -> str:
    """The address of a new alert's feed, without its form."""
    made = adam.post(f"/v1/subscribers/{reader.id}/alerts", asked)
    assert made.status == 201, made.text
    where: str = made.json["feed"]
    return where.removesuffix(".atom")


def titles(site: Site, where: str) -> list[str]:
    """The titles of a feed's entries."""
    return [item["title"] for item in site.get(f"{where}.json").json["items"]]


def test_a_feed_has_the_stories_that_the_alert_asks_for(
    site: Site, sessions: Sessions, reader: Subscriber, adam: Holder
) -> None:
    older, wide, late = (
        report_news(sessions, DUE - hours * HOUR, outlets)
        for hours, outlets in [(200, ("a", "b")), (3, ("c", "d", "e")), (2, ("f",))]
    )
    assert titles(site, feed_of(adam, reader, min_independent=2)) == [wide]
    word = feed_of(adam, reader, words=f"{late.split()[0]}, {older.split()[0]}")
    assert titles(site, word) == [late]
    told = site.get(f"{word}.json").json
    assert told["title"].endswith(str(parse_query(words=f"{late.split()[0]}, {older.split()[0]}")))
    assert told["feed_url"] == f"{site.url}{word}.json"
    assert titles(site, feed_of(adam, reader, outlets="nobody")) == []


@pytest.mark.parametrize("form", FORMS)
def test_it_is_valid_in_every_form_with_stories_and_without(
    site: Site, sessions: Sessions, reader: Subscriber, adam: Holder, form: str
) -> None:
    for each in (feed_of(adam, reader, words="happens"), feed_of(adam, reader, words="<&>'x")):
        assert find_errors(form, site.get(f"{each}.{form}").body) == []
    report_news(sessions, DUE - HOUR)
    full = feed_of(adam, reader, words="happens, <b>")
    assert find_errors(form, site.get(f"{full}.{form}").body) == []
    assert "happens" in site.get(f"{full}.{form}").text


def test_what_is_known_is_not_sent_again_and_it_is_for_its_reader_alone(
    site: Site, sessions: Sessions, reader: Subscriber, adam: Holder
) -> None:
    report_news(sessions, DUE - HOUR)
    where = feed_of(adam, reader, words="happens") + ".atom"
    first = site.get(where)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert site.get(where, headers=known).status == 304
    with sessions.begin() as session:
        session.query(StoryRow).update({"headline": "What happens now", "renamed": True})
    assert site.get(where, headers=known).status == 200


def test_its_link_reads_and_does_nothing_else(
    site: Site, sessions: Sessions, reader: Subscriber, adam: Holder
) -> None:
    where = feed_of(adam, reader, words="ferry")
    signed = where.rpartition("/")[2]
    for other in ("alerts", "preferences", "unsubscribe", "issues"):
        assert site.get(f"/digest/{other}/{signed}").status == 404
        assert site.get(f"/digest/{other}/{signed}", method="POST").status in {404, 405}
    with sessions.begin() as session:
        [alert] = alerts.list_by_subscriber(session, [reader.id])[reader.id]
    stops = path(sessions, "alerts", alert.id).rpartition("/")[2]
    for wrong in (stops, "1", "x", f"{alert.id + 1}{signed[1:]}", "%00"):
        assert site.get(f"/digest/feeds/{wrong}.atom").status == 404
    assert site.get(f"{where}.exe").status == 422


def test_after_the_alert_it_is_gone(
    site: Site, sessions: Sessions, reader: Subscriber, adam: Holder
) -> None:
    where = feed_of(adam, reader, words="ferry")
    assert titles(site, where) == []
    with sessions.begin() as session:
        [alert] = alerts.list_by_subscriber(session, [reader.id])[reader.id]
        alerts.stop(session, alert.id, now=DUE)
    gone = site.get(f"{where}.rss")
    assert gone.status == 410
    assert "stopped" in gone.text


def test_the_page_of_preferences_links_to_it(
    site: Site, sessions: Sessions, reader: Subscriber
) -> None:
    with sessions.begin() as session:
        alerts.add(session, reader.id, parse_query(words="happens"), now=DUE)
    headline = report_news(sessions, DUE - HOUR)
    page = site.page(path(sessions, "preferences", reader.id)).text
    [link] = re.findall(r'href="(/digest/feeds/[^"]+)\.atom"', page)
    assert titles(site, link) == [headline]


def test_where_reading_takes_a_key_its_link_takes_none(
    sessions: Sessions, reader: Subscriber, adam: Holder
) -> None:
    where = feed_of(adam, reader, words="ferry")
    settings = load({"SAMESTORY_ACCESS__READ_ACCESS": "keys"})
    with running(create_app(sessions, clock=lambda: DUE, settings=settings)) as closed:
        assert closed.get("/v1/stories").status == 401
        assert titles(closed, where) == []
