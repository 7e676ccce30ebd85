"""Alert pages: stop with one click, list, add and remove on the preferences page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import Alert, find_matches, preview_alert_email
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.store.database.sessions import Sessions
from service.store.queries import saved
from service.store.subscribers import alert_emails, alerts, deliveries, subscribers
from service.store.subscribers.digest_stories import load_digest_stories
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
def subscriber(sessions: Sessions) -> Subscriber:
    return subscribe(sessions, "ann@x.example")[0]


def alerts_of(sessions: Sessions, subscriber: Subscriber) -> list[Alert]:
    with sessions.begin() as session:
        return alerts.list_by_subscriber(session, [subscriber.id]).get(subscriber.id, [])


def test_one_click_stops_only_one_alert(site: Site, sessions: Sessions, subscriber: Subscriber):
    with sessions.begin() as session:
        first = alerts.add(session, subscriber.id, parse_conditions(words="ferry"), now=DUE)
        second = alerts.add(session, subscriber.id, parse_conditions(words="cup"), now=DUE)
    where = path(sessions, "alerts", first.id)
    assert "Yes, stop this alert" in site.page(where).text
    assert alerts_of(sessions, subscriber) == [first, second]
    for _ in range(2):
        response = post(site, where, "List-Unsubscribe=One-Click")
        assert response.status == 200
        assert "set-cookie" not in response.headers
        assert "Alert stopped" in response.text
    assert alerts_of(sessions, subscriber) == [second]
    with sessions.begin() as session:
        assert subscribers.get(session, subscriber.id).state == "active"
    # A link works for one alert only.
    other = where.replace(f"/{first.id}.", f"/{second.id}.")
    assert post(site, other).status == 404


def test_preferences_page_adds_lists_and_removes_alerts(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    where = path(sessions, "preferences", subscriber.id)
    added = post(site, f"{where}/alerts", "words=ferry%2C+%3Cb%3E&countries=gb&min_independent=2")
    assert added.status == 303
    [alert] = alerts_of(sessions, subscriber)
    assert alert.conditions == parse_conditions(
        words="ferry, <b>", countries="GB", min_independent=2
    )
    page = site.page(added.headers["location"].partition("#")[0]).text
    assert "&lt;b&gt; or ferry, from United Kingdom, 2 or more independent outlets" in page
    assert post(site, f"{where}/alerts/{alert.id}/stop").status == 303
    assert alerts_of(sessions, subscriber) == []
    assert "2 or more independent outlets" not in site.page(where).text


def test_form_offers_the_saved_queries_that_an_alert_can_have(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    where = path(sessions, "preferences", subscriber.id)
    assert 'name="query"' not in site.page(where).text
    with sessions.begin() as session:
        saved.add(session, "harbour", "ferry", title="The <harbour>", made_by="ann", now=DUE)
        saved.add(session, "past", "as_of:-2d", made_by="ann", now=DUE)
    page = site.page(where).text
    assert '<option value="harbour">The &lt;harbour&gt;</option>' in page
    assert 'value="past"' not in page
    assert post(site, f"{where}/alerts", "query=harbour").status == 303
    assert "query harbour" in site.page(where).text
    refused = post(site, f"{where}/alerts", "query=past")
    assert (refused.status, "as_of is not supported" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("words=&min_independent=", "at least 2 independent outlets"),
        ("min_independent=x", "Invalid number"),
        ("words=ferry", "alert already exists"),
    ],
)
def test_invalid_query_returns_422_and_saves_nothing(
    site: Site, sessions: Sessions, subscriber: Subscriber, body: str, reason: str
):
    with sessions.begin() as session:
        existing = alerts.add(session, subscriber.id, parse_conditions(words="ferry"), now=DUE)
    response = post(site, path(sessions, "preferences", subscriber.id) + "/alerts", body)
    assert response.status == 422
    assert reason in response.text
    assert alerts_of(sessions, subscriber) == [existing]


def test_alert_of_another_subscriber_returns_404(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    [bob] = subscribe(sessions, "bob@x.example")
    with sessions.begin() as session:
        mine = alerts.add(session, bob.id, parse_conditions(words="ferry"), now=DUE)
    where = path(sessions, "preferences", subscriber.id)
    assert post(site, f"{where}/alerts/{mine.id}/stop").status == 404
    assert post(site, f"{where}/alerts/99999/stop").status == 404
    assert alerts_of(sessions, bob) == [mine]


def test_alert_email_has_a_web_page(site: Site, sessions: Sessions, subscriber: Subscriber):
    headline = report_news(sessions, DUE - timedelta(hours=2))
    query = parse_conditions(min_independent=2)
    with sessions.begin() as session:
        stories = StoryIndex(load_digest_stories(session, since=DUE - timedelta(days=1), limit=10))
        email = preview_alert_email(find_matches(stories, query)[0], query, Filters())
        alert_emails.add(session, subscriber.id, email, DUE.date(), now=DUE, defer=False)
        [number] = session.scalars(select(EditionRow.id))
        delivery = deliveries.start_attempt(
            session, number, "<1@x.example>", owner="", duration=timedelta(0), now=DUE
        )
        assert delivery is not None
        deliveries.mark_sent(session, delivery, **SENT)
    where = path(sessions, "editions", number)
    assert f'<a href="{where}"' in site.page(path(sessions, "preferences", subscriber.id)).text
    text = site.page(where).text
    assert "4.2 kB" in text
    assert headline in text
    assert "2 or more independent outlets" in text
    assert "Nothing new" not in text
