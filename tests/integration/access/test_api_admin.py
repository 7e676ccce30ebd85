"""HTTP API: keys, feeds and subscribers, with the role admin."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.running.context import Context
from service.domain.access.roles import Role
from service.domain.subscribers.alerts import MAX_ALERTS
from service.store.database.sessions import Sessions
from service.store.subscribers import alerts, suppression
from service.web.app import create_app
from tests.integration.conftest import Clock
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.database.rows import NOW
from tests.support.servers.feed_server import RSS, FeedServer, reply
from tests.support.servers.mail_server import MailServer
from tests.support.servers.site import Site, running

KEYS, FEEDS, SUBSCRIBERS = "/v1/keys", "/v1/feeds", "/v1/subscribers"


@pytest.fixture
def site(context: Context, clock: Clock) -> Iterator[Site]:
    """A server that may fetch from loopback addresses."""
    clock.now = NOW + timedelta(hours=1)
    app = create_app(context.sessions, clock=clock, settings=context.settings)
    with running(app) as server:
        yield server


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> KeyClient:
    return make_key_client(site, sessions, "adam", Role.ADMIN)


def test_key_is_created_shown_once_and_revoked(adam: KeyClient, clock: Clock) -> None:
    ends = clock.now + timedelta(days=1)
    payload = {"name": "ann", "roles": ["editor"], "expires_at": ends.isoformat()}
    created = adam.post(KEYS, payload, Idempotency_Key="k")
    assert created.status == 201
    ann = KeyClient(adam.site, adam.key, created.json["secret"])
    assert ann.get("/v1/decisions").status == 200
    assert ann.get(KEYS).status == 403
    again = adam.post(KEYS, payload, Idempotency_Key="k")
    assert again.json == created.json | {"secret": None}
    listed = adam.get(KEYS)
    assert [each["name"] for each in listed.json["items"]] == ["adam", "ann"]
    assert created.json["secret"] not in listed.text
    assert listed.headers["cache-control"] == "no-store"

    duplicate = adam.post(KEYS, {"name": "ANN"})
    assert (duplicate.status, duplicate.json["type"]) == (
        409,
        "urn:samestory:problem:already-exists",
    )
    assert f"as key {created.json['id']}" in duplicate.json["detail"]
    gone = adam.request("DELETE", created.headers["location"])
    assert gone.json["revoked_at"]
    assert ann.get("/v1/decisions").status == 401
    assert [each["name"] for each in adam.get(KEYS).json["items"]] == ["adam"]
    assert len(adam.get(f"{KEYS}?revoked=true").json["items"]) == 2
    assert adam.post(KEYS, {"name": "ann"}).json["roles"] == ["reader"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "expected a time in the future"),
        ({"name": "  "}, "1 to 100 printable"),
        ({"name": "a\nb"}, "1 to 100 printable"),
        ({"name": "x", "roles": ["king"]}, "roles"),
        ({"name": "x", "secret": "mine"}, "secret"),
    ],
)
def test_invalid_key_returns_422(adam: KeyClient, payload: object, reason: str) -> None:
    rejected = adam.post(KEYS, payload)
    assert (rejected.status, reason in rejected.text) == (422, True), rejected.text


def test_feed_is_fetched_and_added(adam: KeyClient, feed_server: FeedServer) -> None:
    feed_server.routes["/feed"] = reply(RSS)
    feed_server.routes["/page"] = reply(b"<html>no feed</html>")
    url = feed_server.url("/feed")
    created = adam.post(FEEDS, {"url": url})
    assert created.status == 201, created.text
    assert (created.json["url"], created.json["title"]) == (url, "Loopback")
    assert created.json["outlet"]["slug"] == "outlet.example"
    assert adam.get(created.headers["location"]).json == created.json
    again = adam.post(FEEDS, {"url": url})
    assert (again.status, again.json["type"]) == (409, "urn:samestory:problem:already-exists")
    assert f"as feed {created.json['id']}" in again.json["detail"]
    rejected = adam.post(FEEDS, {"url": feed_server.url("/page")})
    assert rejected.status == 422
    assert rejected.json["type"] == "urn:samestory:problem:invalid-feed"
    assert adam.post(FEEDS, {"url": "ftp://outlet.example/"}).status == 422
    assert len(adam.get(FEEDS).json["items"]) == 1

    one = created.headers["location"]
    for status in ("paused", "retired", "active"):
        assert adam.request("PATCH", one, {"status": status}).json["status"] == status
    assert adam.request("PATCH", one, {"full_text": True}).json["full_text"]
    changed = adam.request("PATCH", one, {"status": "paused", "full_text": False}).json
    assert (changed["status"], changed["full_text"]) == ("paused", False)
    assert adam.request("PATCH", one, {"status": "burnt"}).status == 422
    for change in ({"status": "paused"}, {"full_text": True}, {}):
        assert adam.request("PATCH", f"{FEEDS}/99", change).status == 404


def test_feed_on_private_address_returns_422(sessions: Sessions, feed_server: FeedServer) -> None:
    feed_server.routes["/feed"] = reply(RSS)
    with running(create_app(sessions, clock=lambda: NOW)) as site:
        adam = make_key_client(site, sessions, "adam", Role.ADMIN)
        assert adam.post(FEEDS, {"url": feed_server.url("/feed")}).status == 422
    assert feed_server.requests == []


def test_subscriber_is_added_changed_stopped_and_deleted(adam: KeyClient) -> None:
    created = adam.post(
        SUBSCRIBERS, {"address": "ann@x.example", "time_zone": "Europe/Berlin", "hour": 6}
    )
    assert created.status == 201, created.text
    assert (created.json["state"], created.json["confirmation_sent"]) == ("pending", False)
    one = created.headers["location"]
    changed = adam.request("PATCH", one, {"days": "mon,fri", "followed_words": "ferry, pier"}).json
    assert (changed["time_zone"], changed["days"]) == ("Europe/Berlin", ["mon", "fri"])
    assert changed["preferences"]["followed_words"] == ["ferry", "pier"]
    assert adam.request("PATCH", one, {"time_zone": "Mars/Base"}).status == 422
    stopped = adam.post(f"{one}/stop", {"reason": "complaint: by phone"}).json
    assert (stopped["state"], stopped["stop_reason"]) == ("stopped", "complaint: by phone")
    assert adam.get(one).json == stopped
    other = adam.post(SUBSCRIBERS, {"address": "bob@x.example"}).json["id"]
    first = adam.get(f"{SUBSCRIBERS}?limit=1").json
    rest = adam.get(f"{SUBSCRIBERS}?limit=1&cursor={first['next']}").json
    assert [each["id"] for each in rest["items"]] == [other]
    gone = adam.request("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert adam.request("DELETE", one).status == 404
    assert adam.post(SUBSCRIBERS, {"address": "no address"}).status == 422


def test_only_the_flag_complaint_suppresses_the_address(adam: KeyClient) -> None:
    for details, status in (
        ({"reason": "complaint: by phone"}, 201),
        ({"reason": "by phone", "complaint": True}, 409),
    ):
        one = adam.post(SUBSCRIBERS, {"address": "ann@x.example"}).headers["location"]
        assert adam.post(f"{one}/stop", details).status == 200
        assert adam.request("DELETE", one).status == 204
        again = adam.post(SUBSCRIBERS, {"address": "ann@x.example"})
        assert again.status == status
        adam.request("DELETE", again.headers.get("location", one))


def test_stop_is_a_bounce_or_a_complaint(adam: KeyClient) -> None:
    one = adam.post(SUBSCRIBERS, {"address": "ann@x.example"}).headers["location"]
    both = adam.post(f"{one}/stop", {"bounced": True, "complaint": True})
    assert (both.status, adam.get(one).json["state"]) == (422, "pending")


def test_adding_pending_subscriber_returns_409_and_keeps_settings(adam: KeyClient) -> None:
    created = adam.post(SUBSCRIBERS, {"address": "ann@x.example", "hour": 6})
    again = adam.post(SUBSCRIBERS, {"address": "Ann@X.example", "hour": 9})
    assert (again.status, again.json["type"]) == (409, "urn:samestory:problem:already-exists")
    assert f"is subscriber {created.json['id']} and has not confirmed yet" in again.json["detail"]
    one = created.headers["location"]
    assert adam.get(one).json["hour"] == 6
    assert adam.post(f"{one}/stop").status == 200
    back = adam.post(SUBSCRIBERS, {"address": "ann@x.example", "hour": 9})
    assert (back.status, back.json["id"], back.json["hour"]) == (201, created.json["id"], 9)


def test_suppressed_address_has_its_own_problem_type(adam: KeyClient, sessions: Sessions) -> None:
    with sessions.begin() as session:
        suppression.add(session, "ann@x.example", "complaint: abuse", now=NOW)
    rejected = adam.post(SUBSCRIBERS, {"address": "ann@x.example"})
    assert rejected.status == 409
    assert rejected.json["type"] == "urn:samestory:problem:suppressed-address"


def test_alert_is_added_listed_and_removed(
    adam: KeyClient, sessions: Sessions, clock: Clock
) -> None:
    one, other = (
        adam.post(SUBSCRIBERS, {"address": address}).headers["location"]
        for address in ("ann@x.example", "bob@x.example")
    )
    payload = {"words": "ferry, pier", "countries": "gb", "min_independent": 2}
    created = adam.post(f"{one}/alerts", payload, Idempotency_Key="k")
    assert created.status == 201, created.text
    number = created.json["id"]
    assert created.json == {
        "id": number,
        "description": "ferry or pier, from United Kingdom, 2 or more independent outlets",
        "words": ["ferry", "pier"],
        "entities": [],
        "outlets": [],
        "countries": ["GB"],
        "min_independent": 2,
        "query": None,
        "created_at": clock.now.isoformat().replace("+00:00", "Z"),
        "feed": created.json["feed"],
    }
    assert adam.post(f"{one}/alerts", payload, Idempotency_Key="k").json == created.json
    assert created.headers["location"] == f"{one}/alerts/{number}"
    assert adam.get(created.headers["location"]).json == created.json
    listed = adam.get(f"{one}/alerts")
    assert listed.json == {"items": [created.json], "next": None}
    assert listed.headers["cache-control"] == "no-store"
    assert adam.get(f"{other}/alerts").json == {"items": [], "next": None}

    duplicate = adam.post(f"{one}/alerts", payload)
    assert (duplicate.status, duplicate.json["type"]) == (
        409,
        "urn:samestory:problem:already-exists",
    )
    assert f"as alert {number}" in duplicate.json["detail"]
    for method in ("GET", "DELETE"):
        assert adam.request(method, f"{other}/alerts/{number}").status == 404
    assert adam.request("DELETE", created.headers["location"]).status == 204
    with sessions.begin() as session:
        assert alerts.get(session, number).stopped
    for method in ("GET", "DELETE"):
        assert adam.request(method, created.headers["location"]).status == 404
    assert adam.get(f"{one}/alerts").json == {"items": [], "next": None}
    assert adam.post(f"{one}/alerts", payload).status == 201


def test_alert_pages_are_consistent_during_changes(adam: KeyClient) -> None:
    one, other = (
        adam.post(SUBSCRIBERS, {"address": address}).headers["location"]
        for address in ("ann@x.example", "bob@x.example")
    )
    created = []
    for number in range(5):
        created.append(adam.post(f"{one}/alerts", {"words": f"word{number}"}).json)
        adam.post(f"{other}/alerts", {"words": f"word{number}"})
    first = adam.get(f"{one}/alerts?limit=2").json
    assert first["items"] == created[:2]
    for gone in (created[1], created[2]):
        assert adam.request("DELETE", f"{one}/alerts/{gone['id']}").status == 204
    added = adam.post(f"{one}/alerts", {"words": "more"}).json
    second = adam.get(f"{one}/alerts?limit=2&cursor={first['next']}").json
    assert second["items"] == created[3:]
    rest = adam.get(f"{one}/alerts?limit=2&cursor={second['next']}").json
    assert rest == {"items": [added], "next": None}
    for wrong in (
        "cursor=x",
        "limit=0",
        f"cursor={adam.get(f'{SUBSCRIBERS}?limit=1').json['next']}",
    ):
        assert adam.get(f"{one}/alerts?{wrong}").status == 422, wrong


def test_invalid_alert_returns_422(adam: KeyClient) -> None:
    one = adam.post(SUBSCRIBERS, {"address": "ann@x.example"}).headers["location"]
    for payload, reason in (
        ({}, "at least 2 independent outlets"),
        ({"words": " , "}, "at least 2 independent outlets"),
        ({"countries": "GB, Narnia"}, "Invalid country 'Narnia': expected a two-letter ISO 3166-1"),
        ({"min_independent": 0}, "body.min_independent"),
        ({"words": "a\x00b"}, "printable characters"),
        ({"words": "\ud800"}, "body.words"),
        ({"words": ["ferry"]}, "body.words"),
        ({"words": ",".join(f"word{number}" for number in range(201))}, "Too many words"),
        ({"terms": "ferry"}, "body.terms"),
    ):
        rejected = adam.post(f"{one}/alerts", payload)
        assert rejected.status == 422, payload
        assert reason in rejected.json["detail"], rejected.text
    for method, body in (("GET", None), ("POST", {"words": "ferry"})):
        rejected = adam.request(method, f"{SUBSCRIBERS}/99/alerts", body)
        assert (rejected.status, rejected.json["detail"]) == (
            404,
            "Subscriber 99 not found. For a list, see: /v1/subscribers",
        )
    for number in range(MAX_ALERTS):
        assert adam.post(f"{one}/alerts", {"words": f"word{number}"}).status == 201
    rejected = adam.post(f"{one}/alerts", {"words": "more"})
    assert (rejected.status, "stop one before" in rejected.text) == (422, True)


def test_subscriber_is_added_only_if_confirmation_is_sent(
    context: Context, sessions: Sessions
) -> None:
    with MailServer() as server:
        mail = replace(
            context.settings.mail,
            host="127.0.0.1",
            port=server.port,
            security="none",
        )
        web = replace(context.settings.web, site="https://news.example")
        settings = replace(context.settings, mail=mail, web=web)
        with running(create_app(sessions, clock=lambda: NOW, settings=settings)) as site:
            adam = make_key_client(site, sessions, "adam", Role.ADMIN)
            assert (
                adam.post(SUBSCRIBERS, {"address": "ann@x.example"}).json["confirmation_sent"]
                is True
            )
            assert len(server.received) == 1
    with running(create_app(sessions, clock=lambda: NOW, settings=settings)) as site:
        adam = KeyClient(site, adam.key, adam.secret)
        rejected = adam.post(SUBSCRIBERS, {"address": "bob@x.example"})
        assert rejected.status == 503
        assert len(adam.get(SUBSCRIBERS).json["items"]) == 1


def test_admin_role_is_required(adam: KeyClient, sessions: Sessions) -> None:
    ann = make_key_client(adam.site, sessions, "ann", Role.EDITOR, Role.READER)
    for method, path, body in (
        ("GET", KEYS, None),
        ("POST", KEYS, {"name": "x", "roles": ["admin"]}),
        ("DELETE", f"{KEYS}/{adam.key.id}", None),
        ("POST", FEEDS, {"url": "https://x.example/feed"}),
        ("PATCH", f"{FEEDS}/1", {"status": "paused"}),
        ("GET", SUBSCRIBERS, None),
        ("POST", SUBSCRIBERS, {"address": "a@x.example"}),
        ("PATCH", f"{SUBSCRIBERS}/1", {}),
        ("POST", f"{SUBSCRIBERS}/1/stop", {}),
        ("DELETE", f"{SUBSCRIBERS}/1", None),
        ("GET", f"{SUBSCRIBERS}/1/alerts", None),
        ("GET", f"{SUBSCRIBERS}/1/alerts/1", None),
        ("POST", f"{SUBSCRIBERS}/1/alerts", {"words": "ferry"}),
        ("DELETE", f"{SUBSCRIBERS}/1/alerts/1", None),
    ):
        assert ann.request(method, path, body).status == 403, path
        headers = {"Content-Type": "application/json"}
        sent = b"{}" if body is not None else None
        assert adam.site.get(path, method=method, headers=headers, body=sent).status == 401
    assert ann.get(FEEDS).status == 200
