"""API `/v1/webhooks`: add, change, pause, test and remove webhooks with the role `admin`."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from jobs.running.context import Context
from jobs.sending.webhooks import webhooks
from service.domain.access.roles import Role
from service.domain.webhooks.signing import sign
from service.store.database.sessions import Sessions
from service.store.tables import WebhookRow
from service.web.app import create_app
from tests.integration.webhooks.test_job_webhooks import add_transitions
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.servers.site import Site, running
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver, deliver_to_loopback

HOOKS = "/v1/webhooks"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def world(context: Context) -> Context:
    """Context that allows deliveries to loopback."""
    return deliver_to_loopback(context)


@pytest.fixture
def site(world: Context) -> Iterator[Site]:
    app = create_app(world.sessions, clock=world.clock, settings=world.settings)
    with running(app) as site:
        yield site


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> KeyClient:
    return make_key_client(site, sessions, "adam", Role.ADMIN)


def test_webhook_is_added_used_and_removed(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    add_transitions(sessions, "ferry")
    body = {"url": receiver.url, "kinds": ["split", "grew"], "since": 0}
    made = adam.post(HOOKS, body, Idempotency_Key="w")
    assert made.status == 201, made.text
    assert made.json["secret"].startswith("whsec_")
    assert (made.json["kinds"], made.json["last_delivered_id"]) == (["grew", "split"], 0)
    again = adam.post(HOOKS, body, Idempotency_Key="w")
    assert again.json == made.json | {"secret": None}
    one = made.headers["location"]
    read = adam.get(one)
    assert read.json == {name: each for name, each in made.json.items() if name != "secret"}
    assert adam.get(HOOKS).json == {"items": [read.json], "next": None}
    for response in (made, again, read, adam.get(HOOKS)):
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers

    assert webhooks(world) == {"delivered": 1, "failed": 0}
    assert adam.get(one).json["last_delivered_at"]
    gone = adam.request("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert [adam.request(method, one).status for method in ("GET", "DELETE")] == [404, 404]
    assert adam.request("PATCH", one, {"kinds": []}).status == 404
    for part in ("resume", "secret", "test"):
        assert adam.post(f"{one}/{part}").status == 404


def test_webhooks_are_paged_with_their_blocked_stories(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    add_transitions(sessions, "ferry")
    for number in range(3):
        body = {"url": f"{receiver.url}?{number}", "since": 0}
        assert adam.post(HOOKS, body).status == 201
    receiver.status_for = lambda _: 500
    webhooks(world)
    first = adam.get(f"{HOOKS}?limit=2").json
    assert [each["blocked_stories"] for each in first["items"]] == [1, 1]
    assert adam.request("DELETE", f"{HOOKS}/{first['items'][1]['id']}").status == 204
    rest = adam.get(f"{HOOKS}?limit=2&cursor={first['next']}").json
    assert [each["id"] for each in rest["items"]] == [first["items"][1]["id"] + 1]
    assert (rest["items"][0]["blocked_stories"], rest["next"]) == (1, None)
    for wrong in ("cursor=x", "limit=0", "page=2"):
        assert adam.get(f"{HOOKS}?{wrong}").status == 422, wrong


def test_only_new_transitions_are_delivered_by_default(
    adam: KeyClient, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    add_transitions(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    assert adam.post(HOOKS, {"url": receiver.url}).json["last_delivered_id"] == last > 0


def test_since_above_the_latest_id_returns_422(
    adam: KeyClient, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    add_transitions(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    refused = adam.post(HOOKS, {"url": receiver.url, "since": last + 1})
    assert refused.status == 422
    assert f"Invalid since {last + 1}: the latest change is {last}" in refused.json["detail"]
    assert adam.post(HOOKS, {"url": receiver.url, "since": last}).json["last_delivered_id"] == last


def test_test_delivery_returns_its_outcome(adam: KeyClient, receiver: WebhookReceiver) -> None:
    one = adam.post(HOOKS, {"url": receiver.url}).headers["location"]
    tried = adam.post(f"{one}/test", Idempotency_Key="t")
    assert tried.json == {"accepted": True, "status": 204, "error": None}
    assert adam.post(f"{one}/test", Idempotency_Key="t").headers["idempotency-replayed"] == "true"
    assert [b'"type":"test"' in each.body for each in receiver.accepted] == [True]
    receiver.status_for = lambda _: 500
    failed = adam.post(f"{one}/test")
    assert (failed.status, failed.json["accepted"], failed.json["status"]) == (200, False, 500)
    assert "HTTP 500" in failed.json["error"]
    assert adam.get(one).json["error"] is None


def test_paused_webhook_is_resumed(
    adam: KeyClient, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    made = adam.post(HOOKS, {"url": receiver.url}).json
    with sessions.begin() as session:
        session.query(WebhookRow).update({"state": "paused", "pause_reason": "returned 410"})
    one = f"{HOOKS}/{made['id']}"
    assert adam.get(one).json["pause_reason"] == "returned 410"
    resumed = adam.post(f"{one}/resume").json
    assert (resumed["state"], resumed["pause_reason"]) == ("active", None)
    assert adam.get(one).json == resumed


def is_signed(delivery: Delivery, secret: str) -> bool:
    """Whether a delivery is signed with a secret; its age does not matter."""
    at = datetime.fromtimestamp(int(delivery.headers["webhook-timestamp"]), UTC)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = sign(key, delivery.headers["webhook-id"], delivery.body, at=at)
    return expected["webhook-signature"] == delivery.headers["webhook-signature"]


def test_changed_webhook_keeps_its_position(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    add_transitions(sessions, "ferry", "strike")
    made = adam.post(HOOKS, {"url": receiver.url, "kinds": ["grew"], "since": 0}).json
    one = f"{HOOKS}/{made['id']}"
    receiver.status_for = lambda each: 500 if each.data["story"] == "ferry" else 204
    assert webhooks(world) == {"delivered": 1, "failed": 1}
    before = adam.get(one).json
    assert before["blocked_stories"] == 1

    changed = adam.request("PATCH", one, {"kinds": ["split", "merged"], "min_coverage": 3})
    assert changed.status == 200, changed.text
    assert changed.json == before | {"kinds": ["merged", "split"], "min_coverage": 3}
    assert adam.request("PATCH", one, {}).json == changed.json == adam.get(one).json
    assert adam.request("PATCH", one, {"kinds": [], "min_coverage": 0}).json["kinds"] == []
    assert (changed.headers["cache-control"], "etag" in changed.headers) == ("no-store", False)

    add_transitions(sessions, "ferry", kind="split")
    with WebhookReceiver() as other:
        moved = adam.request("PATCH", one, {"url": other.url}, headers={"Idempotency-Key": "u"})
        assert (moved.json["last_delivered_id"], moved.json["blocked_stories"]) == (
            before["last_delivered_id"],
            1,
        )
        assert (moved.json["url"], moved.json["error"]) == (other.url, None)
        again = adam.request("PATCH", one, {"url": other.url}, headers={"Idempotency-Key": "u"})
        assert (again.json, again.headers["idempotency-replayed"]) == (moved.json, "true")
        assert webhooks(world) == {"delivered": 2, "failed": 0}
        assert [each.data["kind"] for each in other.accepted] == ["grew", "split"]
    assert adam.get(one).json["blocked_stories"] == 0


def test_paused_webhook_continues_where_it_stopped(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    one = adam.post(HOOKS, {"url": receiver.url}).headers["location"]
    paused = adam.request("PATCH", one, {"state": "paused"}).json
    assert (paused["state"], paused["pause_reason"]) == ("paused", "paused manually")
    add_transitions(sessions, "ferry")
    assert webhooks(world) == {}
    assert adam.request("PATCH", one, {"url": f"{receiver.url}?2"}).json["state"] == "paused"
    assert (
        adam.request("PATCH", one, {"state": "paused"}).json["last_delivered_id"]
        == paused["last_delivered_id"]
    )
    active = adam.request("PATCH", one, {"state": "active"}).json
    assert (active["state"], active["pause_reason"]) == ("active", None)
    assert webhooks(world)["failed"] == 0
    assert receiver.of_story("ferry")


@pytest.mark.parametrize("what", ["pause", "move"])
def test_change_during_a_delivery_takes_effect(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions, what: str
) -> None:
    add_transitions(sessions, "ferry")
    one = adam.post(HOOKS, {"url": receiver.url, "since": 0}).headers["location"]
    before = adam.get(one).json["last_delivered_id"]
    change = {"state": "paused"} if what == "pause" else {"url": f"{receiver.url}/2"}

    def meanwhile(_: Delivery) -> int:
        receiver.status_for = lambda _: 204
        assert adam.request("PATCH", one, change).status == 200
        return 204 if what == "pause" else 410

    receiver.status_for = meanwhile
    webhooks(world)
    current = adam.get(one).json
    if what == "pause":
        assert (current["state"], current["pause_reason"]) == ("paused", "paused manually")
        assert current["last_delivered_id"] > before
    else:
        assert (current["state"], current["last_delivered_id"], current["error"]) == (
            "active",
            before,
            None,
        )
        assert webhooks(world)["failed"] == 0
        assert receiver.of_story("ferry") == sorted(receiver.of_story("ferry"))


def test_rotated_secret_is_returned_once(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    add_transitions(sessions, "ferry", "strike")
    made = adam.post(HOOKS, {"url": receiver.url, "since": 0, "kinds": ["grew"]})
    one, old = made.headers["location"], made.json["secret"]
    accepted_secret = [old]
    receiver.status_for = lambda each: 204 if is_signed(each, accepted_secret[0]) else 401
    exchanged = adam.post(f"{one}/secret", Idempotency_Key="s")
    assert (exchanged.status, exchanged.headers["cache-control"]) == (200, "no-store")
    new = exchanged.json["secret"]
    assert new.startswith("whsec_")
    assert new != old
    again = adam.post(f"{one}/secret", Idempotency_Key="s")
    assert again.json == exchanged.json | {"secret": None}
    assert webhooks(world) == {"delivered": 0, "failed": 2}
    accepted_secret[0] = new
    assert adam.post(f"{one}/resume").status == 200
    assert webhooks(world) == {"delivered": 2, "failed": 0}
    assert adam.post(f"{one}/test").json["accepted"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": "http://10.0.0.1/hook"}, "10.0.0.1 is not a public address"),
        ({"url": "ftp://x.example/"}, "expected an http or https URL"),
        ({"url": None}, "url"),
        ({"kinds": ["born"]}, "kinds"),
        ({"kinds": None}, "kinds"),
        ({"min_coverage": -1}, "min_coverage"),
        ({"state": "gone"}, "state"),
        ({"since": 0}, "since"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_invalid_change_returns_422(
    adam: KeyClient, receiver: WebhookReceiver, change: object, reason: str
) -> None:
    one = adam.post(HOOKS, {"url": receiver.url}).headers["location"]
    before = adam.get(one).json
    refused = adam.request("PATCH", one, change)
    assert (refused.status, reason in refused.text) == (422, True), refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert adam.get(one).json == before


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            {"url": "http://10.0.0.1/hook"},
            "10.0.0.1 is not a public address. To allow it, add its network to webhooks.allow_networks",
        ),
        ({"url": "http://[::1]/hook"}, "::1 is not a public address"),
        ({"url": "https://[fe80::1%25eth0]/"}, "fe80::1%25eth0 contains an IPv6 zone"),
        ({"url": "http://[::1%lo]:8075/"}, "::1%lo contains an IPv6 zone"),
        ({"url": "http://0x0a000001/"}, "(10.0.0.1) is not a public address"),
        ({"url": "http://169.254.169.254/"}, "not a public address"),
        ({"url": "ftp://x.example/"}, "expected an http or https URL"),
        ({"url": "https://ann:secret@x.example/"}, "user or password"),
        ({"url": "https://x.example/", "kinds": ["born"]}, "kinds"),
        ({"url": "https://x.example/", "min_coverage": -1}, "min_coverage"),
        ({"url": "https://x.example/", "secret": "mine"}, "secret"),
    ],
)
def test_invalid_webhook_returns_422(adam: KeyClient, body: object, reason: str) -> None:
    refused = adam.post(HOOKS, body)
    assert (refused.status, reason in refused.text) == (422, True), refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert adam.get(HOOKS).json == {"items": [], "next": None}


def test_webhooks_require_the_role_admin(adam: KeyClient, sessions: Sessions) -> None:
    ann = make_key_client(adam.site, sessions, "ann", Role.EDITOR, Role.READER)
    for method, path, body in (
        ("GET", HOOKS, None),
        ("GET", f"{HOOKS}/1", None),
        ("POST", HOOKS, {"url": "https://x.example/"}),
        ("DELETE", f"{HOOKS}/1", None),
        ("PATCH", f"{HOOKS}/1", {"state": "paused"}),
        ("POST", f"{HOOKS}/1/resume", None),
        ("POST", f"{HOOKS}/1/secret", None),
        ("POST", f"{HOOKS}/1/test", None),
    ):
        assert ann.request(method, path, body).status == 403, path
        assert adam.site.get(path, method=method).status == 401
