"""Keys, feeds and subscribers through the API, by whoever has the role `admin`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.running.context import Context
from service.domain.access.roles import Role
from service.domain.subscribers.alerts import MOST
from service.store.database.sessions import Sessions
from service.store.subscribers import alerts
from service.web.app import create_app
from tests.integration.conftest import Clock
from tests.support.database.api_keys import Holder, holder
from tests.support.database.rows import NOW
from tests.support.servers.feed_server import RSS, FeedServer, reply
from tests.support.servers.mail_server import MailServer
from tests.support.servers.site import Site, running

KEYS, FEEDS, SUBSCRIBERS = "/v1/keys", "/v1/feeds", "/v1/subscribers"


@pytest.fixture
def site(context: Context, clock: Clock) -> Iterator[Site]:
    """A server that may fetch from loopback."""
    clock.now = NOW + timedelta(hours=1)
    app = create_app(context.sessions, clock=clock, settings=context.settings)
    with running(app) as found:
        yield found


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> Holder:
    return holder(site, sessions, "adam", Role.ADMIN)


def test_keys_are_made_shown_once_and_revoked(adam: Holder, clock: Clock) -> None:
    ends = clock.now + timedelta(days=1)
    wanted = {"name": "ann", "roles": ["editor"], "expires_at": ends.isoformat()}
    made = adam.post(KEYS, wanted, Idempotency_Key="k")
    assert made.status == 201
    ann = Holder(adam.site, adam.key, made.json["secret"])
    assert ann.get("/v1/decisions").status == 200
    assert ann.get(KEYS).status == 403
    again = adam.post(KEYS, wanted, Idempotency_Key="k")
    assert again.json == made.json | {"secret": None}
    listed = adam.get(KEYS)
    assert [each["name"] for each in listed.json["items"]] == ["adam", "ann"]
    assert made.json["secret"] not in listed.text
    assert listed.headers["cache-control"] == "no-store"

    taken = adam.post(KEYS, {"name": "ANN"})
    assert (taken.status, taken.json["type"]) == (409, "urn:samestory:problem:taken")
    gone = adam.ask("DELETE", made.headers["location"])
    assert gone.json["revoked_at"]
    assert ann.get("/v1/decisions").status == 401
    assert [each["name"] for each in adam.get(KEYS).json["items"]] == ["adam"]
    assert len(adam.get(f"{KEYS}?revoked=true").json["items"]) == 2
    assert adam.post(KEYS, {"name": "ann"}).json["roles"] == ["reader"]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "has passed"),
        ({"name": "  "}, "1 to 100 printable"),
        ({"name": "a\nb"}, "1 to 100 printable"),
        ({"name": "x", "roles": ["king"]}, "roles"),
        ({"name": "x", "secret": "mine"}, "secret"),
    ],
)
def test_a_key_has_a_name_known_roles_and_a_future(
    adam: Holder, wanted: object, reason: str
) -> None:
    refused = adam.post(KEYS, wanted)
    assert (refused.status, reason in refused.text) == (422, True), refused.text


def test_a_feed_is_read_and_then_added(adam: Holder, feed_server: FeedServer) -> None:
    feed_server.routes["/feed"] = reply(RSS)
    feed_server.routes["/page"] = reply(b"<html>no feed</html>")
    url = feed_server.url("/feed")
    made = adam.post(FEEDS, {"url": url})
    assert made.status == 201, made.text
    assert (made.json["url"], made.json["title"]) == (url, "Loopback")
    assert made.json["outlet"]["slug"] == "outlet.example"
    assert adam.get(made.headers["location"]).json == made.json
    assert adam.post(FEEDS, {"url": url}).status == 409
    refused = adam.post(FEEDS, {"url": feed_server.url("/page")})
    assert refused.status == 422
    assert refused.json["type"] == "urn:samestory:problem:unreadable-feed"
    assert adam.post(FEEDS, {"url": "ftp://outlet.example/"}).status == 422
    assert len(adam.get(FEEDS).json["items"]) == 1

    one = made.headers["location"]
    for status in ("paused", "retired", "active"):
        assert adam.ask("PATCH", one, {"status": status}).json["status"] == status
    assert adam.ask("PATCH", one, {"status": "burnt"}).status == 422
    assert adam.ask("PATCH", f"{FEEDS}/99", {"status": "paused"}).status == 404


def test_private_addresses_are_not_read(sessions: Sessions, feed_server: FeedServer) -> None:
    feed_server.routes["/feed"] = reply(RSS)
    with running(create_app(sessions, clock=lambda: NOW)) as site:
        adam = holder(site, sessions, "adam", Role.ADMIN)
        assert adam.post(FEEDS, {"url": feed_server.url("/feed")}).status == 422
    assert feed_server.requests == []


def test_subscribers_are_added_changed_stopped_and_forgotten(adam: Holder) -> None:
    made = adam.post(SUBSCRIBERS, {"address": "ann@x.example", "zone": "Europe/Berlin", "hour": 6})
    assert made.status == 201, made.text
    assert (made.json["state"], made.json["asked"]) == ("pending", False)
    one = made.headers["location"]
    changed = adam.ask("PATCH", one, {"days": "mon,fri", "followed_words": "ferry, pier"}).json
    assert (changed["zone"], changed["days"]) == ("Europe/Berlin", ["mon", "fri"])
    assert changed["lists"]["followed_words"] == ["ferry", "pier"]
    assert adam.ask("PATCH", one, {"zone": "Mars/Base"}).status == 422
    stopped = adam.post(f"{one}/stop", {"reason": "complaint"}).json
    assert (stopped["state"], stopped["stop_reason"]) == ("stopped", "complaint")
    assert adam.get(one).json == stopped
    other = adam.post(SUBSCRIBERS, {"address": "bob@x.example"}).json["id"]
    first = adam.get(f"{SUBSCRIBERS}?limit=1").json
    rest = adam.get(f"{SUBSCRIBERS}?limit=1&cursor={first['next']}").json
    assert [each["id"] for each in rest["items"]] == [other]
    gone = adam.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert adam.ask("DELETE", one).status == 404
    assert adam.post(SUBSCRIBERS, {"address": "no address"}).status == 422


def test_who_was_asked_keeps_their_settings(adam: Holder) -> None:
    made = adam.post(SUBSCRIBERS, {"address": "ann@x.example", "hour": 6})
    again = adam.post(SUBSCRIBERS, {"address": "Ann@X.example", "hour": 9})
    assert (again.status, again.json["type"]) == (409, "urn:samestory:problem:taken")
    assert f"as subscriber {made.json['id']}, and has not confirmed" in again.json["detail"]
    one = made.headers["location"]
    assert adam.get(one).json["hour"] == 6
    assert adam.post(f"{one}/stop").status == 200
    back = adam.post(SUBSCRIBERS, {"address": "ann@x.example", "hour": 9})
    assert (back.status, back.json["id"], back.json["hour"]) == (201, made.json["id"], 9)


def test_alerts_of_a_subscriber_are_added_listed_and_removed(
    adam: Holder, sessions: Sessions, clock: Clock
) -> None:
    one, other = (
        adam.post(SUBSCRIBERS, {"address": address}).headers["location"]
        for address in ("ann@x.example", "bob@x.example")
    )
    wanted = {"words": "ferry, pier", "countries": "gb", "min_independent": 2}
    made = adam.post(f"{one}/alerts", wanted, Idempotency_Key="k")
    assert made.status == 201, made.text
    number = made.json["id"]
    assert made.json == {
        "id": number,
        "query": "ferry or pier, from United Kingdom, 2 or more outlets",
        "words": ["ferry", "pier"],
        "entities": [],
        "outlets": [],
        "countries": ["GB"],
        "min_independent": 2,
        "since": clock.now.isoformat().replace("+00:00", "Z"),
        "feed": made.json["feed"],
    }
    assert adam.post(f"{one}/alerts", wanted, Idempotency_Key="k").json == made.json
    assert made.headers["location"] == f"{one}/alerts/{number}"
    assert adam.get(made.headers["location"]).json == made.json
    listed = adam.get(f"{one}/alerts")
    assert listed.json == {"items": [made.json], "next": None}
    assert listed.headers["cache-control"] == "no-store"
    assert adam.get(f"{other}/alerts").json == {"items": [], "next": None}

    taken = adam.post(f"{one}/alerts", wanted)
    assert (taken.status, taken.json["type"]) == (409, "urn:samestory:problem:taken")
    for method in ("GET", "DELETE"):
        assert adam.ask(method, f"{other}/alerts/{number}").status == 404
    assert adam.ask("DELETE", made.headers["location"]).status == 204
    with sessions.begin() as session:
        assert alerts.get(session, number).stopped
    for method in ("GET", "DELETE"):
        assert adam.ask(method, made.headers["location"]).status == 404
    assert adam.get(f"{one}/alerts").json == {"items": [], "next": None}
    assert adam.post(f"{one}/alerts", wanted).status == 201


def test_alerts_are_paged_while_some_are_stopped_and_added(adam: Holder) -> None:
    one, other = (
        adam.post(SUBSCRIBERS, {"address": address}).headers["location"]
        for address in ("ann@x.example", "bob@x.example")
    )
    made = []
    for number in range(5):
        made.append(adam.post(f"{one}/alerts", {"words": f"word{number}"}).json)
        adam.post(f"{other}/alerts", {"words": f"word{number}"})
    first = adam.get(f"{one}/alerts?limit=2").json
    assert first["items"] == made[:2]
    for gone in (made[1], made[2]):
        assert adam.ask("DELETE", f"{one}/alerts/{gone['id']}").status == 204
    added = adam.post(f"{one}/alerts", {"words": "more"}).json
    second = adam.get(f"{one}/alerts?limit=2&cursor={first['next']}").json
    assert second["items"] == made[3:]
    rest = adam.get(f"{one}/alerts?limit=2&cursor={second['next']}").json
    assert rest == {"items": [added], "next": None}
    for wrong in (
        "cursor=x",
        "limit=0",
        f"cursor={adam.get(f'{SUBSCRIBERS}?limit=1').json['next']}",
    ):
        assert adam.get(f"{one}/alerts?{wrong}").status == 422, wrong


def test_an_alert_that_cannot_be_is_refused(adam: Holder) -> None:
    one = adam.post(SUBSCRIBERS, {"address": "ann@x.example"}).headers["location"]
    for wanted, reason in (
        ({}, "needs a coverage of 2 or more"),
        ({"words": " , "}, "needs a coverage of 2 or more"),
        ({"countries": "GB, Narnia"}, "Invalid country 'Narnia': expected a two-letter ISO 3166-1"),
        ({"min_independent": 0}, "body.min_independent"),
        ({"words": "a\x00b"}, "words must be printable"),
        ({"words": "\ud800"}, "body.words"),
        ({"words": ["ferry"]}, "body.words"),
        ({"words": ",".join(f"word{number}" for number in range(201))}, "words may be 200 at most"),
        ({"terms": "ferry"}, "body.terms"),
    ):
        refused = adam.post(f"{one}/alerts", wanted)
        assert refused.status == 422, wanted
        assert reason in refused.json["detail"], refused.text
    for method, body in (("GET", None), ("POST", {"words": "ferry"})):
        refused = adam.ask(method, f"{SUBSCRIBERS}/99/alerts", body)
        assert (refused.status, refused.json["detail"]) == (404, "no subscriber 99")
    for number in range(MOST):
        assert adam.post(f"{one}/alerts", {"words": f"word{number}"}).status == 201
    refused = adam.post(f"{one}/alerts", {"words": "more"})
    assert (refused.status, "remove one first" in refused.text) == (422, True)


def test_whoever_is_added_is_asked_by_email_or_not_added(
    context: Context, sessions: Sessions
) -> None:
    with MailServer() as server:
        mail = replace(
            context.settings.mail,
            host="127.0.0.1",
            port=server.port,
            security="none",
            site="https://news.example",
        )
        settings = replace(context.settings, mail=mail)
        with running(create_app(sessions, clock=lambda: NOW, settings=settings)) as site:
            adam = holder(site, sessions, "adam", Role.ADMIN)
            assert adam.post(SUBSCRIBERS, {"address": "ann@x.example"}).json["asked"] is True
            assert len(server.taken) == 1
    with running(create_app(sessions, clock=lambda: NOW, settings=settings)) as site:
        adam = Holder(site, adam.key, adam.secret)
        refused = adam.post(SUBSCRIBERS, {"address": "bob@x.example"})
        assert refused.status == 503
        assert len(adam.get(SUBSCRIBERS).json["items"]) == 1


def test_only_admins_administer(adam: Holder, sessions: Sessions) -> None:
    ann = holder(adam.site, sessions, "ann", Role.EDITOR, Role.READER)
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
        assert ann.ask(method, path, body).status == 403, path
        headers = {"Content-Type": "application/json"}
        sent = b"{}" if body is not None else None
        assert adam.site.get(path, method=method, headers=headers, body=sent).status == 401
    assert ann.get(FEEDS).status == 200
