"""Pages of alerts: one click stops one of them, the preferences list and add them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.subscribers.alert_preferences import query
from service.domain.subscribers.alerts import Alert, Stories, as_notice
from service.domain.subscribers.digest_selection import Filters
from service.store.database.sessions import Sessions
from service.store.subscribers import alert_emails, alerts, editions, subscribers
from service.store.subscribers.digest_stories import digest_stories
from service.store.subscribers.subscribers import Subscriber
from service.store.tables import EditionRow
from tests.integration.subscribers.test_subscription_pages import path, post
from tests.support.content.subscribers import DUE, report_news, subscribe
from tests.support.servers.site import Site, serving

SENT: dict[str, Any] = {"late": False, "size": 4200, "now": DUE}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with serving(sessions, clock=lambda: DUE) as running:
        yield running


@pytest.fixture
def reader(sessions: Sessions) -> Subscriber:
    return subscribe(sessions, "ann@x.example")[0]


def of(sessions: Sessions, reader: Subscriber) -> list[Alert]:
    with sessions.begin() as session:
        return alerts.of_subscribers(session, [reader.id]).get(reader.id, [])


def test_one_click_stops_one_alert_and_nothing_else(
    site: Site, sessions: Sessions, reader: Subscriber
):
    with sessions.begin() as session:
        first = alerts.add(session, reader.id, query(words="ferry"), now=DUE)
        second = alerts.add(session, reader.id, query(words="cup"), now=DUE)
    where = path(sessions, "alerts", first.id)
    assert "Yes, stop it" in site.page(where).text
    assert of(sessions, reader) == [first, second]
    for _ in range(2):
        answer = post(site, where, "List-Unsubscribe=One-Click")
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
        assert "This alert has ended" in answer.text
    assert of(sessions, reader) == [second]
    with sessions.begin() as session:
        assert subscribers.get(session, reader.id).state == "active"
    # A link for one alert holds for no other.
    other = where.replace(f"/{first.id}-", f"/{second.id}-")
    assert post(site, other).status == 404


def test_preferences_list_add_and_remove_alerts(site: Site, sessions: Sessions, reader: Subscriber):
    where = path(sessions, "preferences", reader.id)
    added = post(site, f"{where}/alerts", "words=ferry%2C+%3Cb%3E&countries=gb&min_independent=2")
    assert added.status == 303
    [found] = of(sessions, reader)
    assert found.query == query(words="ferry, <b>", countries="GB", min_independent=2)
    page = site.page(added.headers["location"].partition("#")[0]).text
    assert "&lt;b&gt; or ferry, from United Kingdom, 2 or more outlets" in page
    assert post(site, f"{where}/alerts/{found.id}/stop").status == 303
    assert of(sessions, reader) == []
    assert "2 or more outlets" not in site.page(where).text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("words=&min_independent=", "needs a coverage of 2"),
        ("min_independent=x", "no whole number"),
        ("words=ferry", "such an alert already"),
    ],
)
def test_bad_queries_are_named_and_nothing_is_kept(
    site: Site, sessions: Sessions, reader: Subscriber, body: str, reason: str
):
    with sessions.begin() as session:
        known = alerts.add(session, reader.id, query(words="ferry"), now=DUE)
    answer = post(site, path(sessions, "preferences", reader.id) + "/alerts", body)
    assert answer.status == 422
    assert reason in answer.text
    assert of(sessions, reader) == [known]


def test_nobody_stops_somebody_else_s_alert(site: Site, sessions: Sessions, reader: Subscriber):
    [bob] = subscribe(sessions, "bob@x.example")
    with sessions.begin() as session:
        mine = alerts.add(session, bob.id, query(words="ferry"), now=DUE)
    where = path(sessions, "preferences", reader.id)
    assert post(site, f"{where}/alerts/{mine.id}/stop").status == 404
    assert post(site, f"{where}/alerts/99999/stop").status == 404
    assert of(sessions, bob) == [mine]


def test_a_notice_can_be_read_on_the_web(site: Site, sessions: Sessions, reader: Subscriber):
    headline = report_news(sessions, DUE - timedelta(hours=2))
    asked = query(min_independent=2)
    with sessions.begin() as session:
        stories = Stories(digest_stories(session, since=DUE - timedelta(days=1), limit=10))
        told = as_notice(stories.matching(asked)[0], asked, Filters())
        alert_emails.make(session, reader.id, told, DUE.date(), now=DUE, fold=False)
        [number] = session.scalars(select(EditionRow.id))
        editions.sent(session, editions.begin(session, number, "<1@x.example>", now=DUE), **SENT)
    where = path(sessions, "issues", number)
    assert f'<a href="{where}"' in site.page(path(sessions, "preferences", reader.id)).text
    text = site.page(where).text
    assert "4.2 kB" in text
    assert headline in text
    assert "2 or more outlets" in text
    assert "nothing new" not in text
