"""Webhooks through the API, by whoever has the role `admin`."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from jobs.running.context import Context
from jobs.webhooks import webhooks
from service.domain.access.roles import Role
from service.domain.webhooks.webhooks import KINDS, signed
from service.store.database.sessions import Sessions
from service.store.tables import WebhookRow
from service.web.api.webhooks import Kind
from service.web.app import create_app
from tests.integration.webhooks.test_job_webhooks import happen
from tests.support.database.api_keys import Holder, holder
from tests.support.servers.site import Site, running
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver

HOOKS = "/v1/webhooks"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def world(context: Context) -> Context:
    """May deliver to loopback."""
    eager = replace(context.settings.webhooks, allow_networks=("127.0.0.0/8",), timeout_seconds=0.3)
    return replace(context, settings=replace(context.settings, webhooks=eager))


@pytest.fixture
def site(world: Context) -> Iterator[Site]:
    app = create_app(world.sessions, clock=world.clock, settings=world.settings)
    with running(app) as found:
        yield found


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> Holder:
    return holder(site, sessions, "adam", Role.ADMIN)


def test_a_webhook_is_added_told_and_forgotten(
    adam: Holder, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry")
    wanted = {"url": receiver.url, "kinds": ["split", "grew"], "since": 0}
    made = adam.post(HOOKS, wanted, Idempotency_Key="w")
    assert made.status == 201, made.text
    assert made.json["secret"].startswith("whsec_")
    assert (made.json["kinds"], made.json["told"]) == (["grew", "split"], 0)
    again = adam.post(HOOKS, wanted, Idempotency_Key="w")
    assert again.json == made.json | {"secret": None}
    one = made.headers["location"]
    told = adam.get(one)
    assert told.json == {name: each for name, each in made.json.items() if name != "secret"}
    assert adam.get(HOOKS).json == {"items": [told.json], "next": None}
    for answer in (made, again, told, adam.get(HOOKS)):
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers

    assert webhooks(world) == {"delivered": 1, "failed": 0}
    assert adam.get(one).json["last_delivered_at"]
    gone = adam.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert [adam.ask(method, one).status for method in ("GET", "DELETE")] == [404, 404]
    assert adam.ask("PATCH", one, {"kinds": []}).status == 404
    for part in ("resume", "secret", "test"):
        assert adam.post(f"{one}/{part}").status == 404


def test_webhooks_are_paged_each_with_what_it_waits_for(
    adam: Holder, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry")
    for number in range(3):
        wanted = {"url": f"{receiver.url}?{number}", "since": 0}
        assert adam.post(HOOKS, wanted).status == 201
    receiver.verdict = lambda _: 500
    webhooks(world)
    first = adam.get(f"{HOOKS}?limit=2").json
    assert [each["held"] for each in first["items"]] == [1, 1]
    assert adam.ask("DELETE", f"{HOOKS}/{first['items'][1]['id']}").status == 204
    rest = adam.get(f"{HOOKS}?limit=2&cursor={first['next']}").json
    assert [each["url"][-2:] for each in rest["items"]] == ["?2"]
    assert (rest["items"][0]["held"], rest["next"]) == (1, None)
    for wrong in ("cursor=x", "limit=0", "page=2"):
        assert adam.get(f"{HOOKS}?{wrong}").status == 422, wrong


def test_by_default_only_what_is_to_come_is_told(
    adam: Holder, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    assert adam.post(HOOKS, {"url": receiver.url}).json["told"] == last > 0


def test_a_number_that_is_still_to_come_is_refused(
    adam: Holder, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    refused = adam.post(HOOKS, {"url": receiver.url, "since": last + 1})
    assert refused.status == 422
    assert f"come to number {last}, not to {last + 1}" in refused.json["detail"]
    assert adam.post(HOOKS, {"url": receiver.url, "since": last}).json["told"] == last


def test_a_delivery_can_be_tried(adam: Holder, receiver: WebhookReceiver) -> None:
    one = adam.post(HOOKS, {"url": receiver.url}).headers["location"]
    tried = adam.post(f"{one}/test", Idempotency_Key="t")
    assert tried.json == {"taken": True, "status": 204, "error": None}
    assert adam.post(f"{one}/test", Idempotency_Key="t").headers["idempotency-replayed"] == "true"
    assert [b'"type":"test"' in each.body for each in receiver.taken] == [True]
    receiver.verdict = lambda _: 500
    failed = adam.post(f"{one}/test")
    assert (failed.status, failed.json["taken"], failed.json["status"]) == (200, False, 500)
    assert "answered 500" in failed.json["error"]
    assert adam.get(one).json["error"] is None


def test_a_paused_webhook_goes_on(adam: Holder, receiver: WebhookReceiver, sessions: Sessions) -> None:
    made = adam.post(HOOKS, {"url": receiver.url}).json
    with sessions.begin() as session:
        session.query(WebhookRow).update({"state": "paused", "pause_reason": "answered 410"})
    one = f"{HOOKS}/{made['id']}"
    assert adam.get(one).json["pause_reason"] == "answered 410"
    resumed = adam.post(f"{one}/resume").json
    assert (resumed["state"], resumed["pause_reason"]) == ("active", None)
    assert adam.get(one).json == resumed


def is_signed(delivery: Delivery, secret: str) -> bool:
    """Whether a delivery is signed with a secret, whenever that was."""
    at = datetime.fromtimestamp(int(delivery.headers["webhook-timestamp"]), UTC)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = signed(key, delivery.headers["webhook-id"], delivery.body, at=at)
    return made["webhook-signature"] == delivery.headers["webhook-signature"]


def test_a_webhook_is_changed_and_keeps_its_place(
    adam: Holder, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry", "strike")
    made = adam.post(HOOKS, {"url": receiver.url, "kinds": ["grew"], "since": 0}).json
    one = f"{HOOKS}/{made['id']}"
    receiver.verdict = lambda each: 500 if each.data["story"] == "ferry" else 204
    assert webhooks(world) == {"delivered": 1, "failed": 1}
    before = adam.get(one).json
    assert before["held"] == 1

    changed = adam.ask("PATCH", one, {"kinds": ["split", "merged"], "min_coverage": 3})
    assert changed.status == 200, changed.text
    assert changed.json == before | {"kinds": ["merged", "split"], "min_coverage": 3}
    assert adam.ask("PATCH", one, {}).json == changed.json == adam.get(one).json
    assert adam.ask("PATCH", one, {"kinds": [], "min_coverage": 0}).json["kinds"] == []
    assert (changed.headers["cache-control"], "etag" in changed.headers) == ("no-store", False)

    happen(sessions, "ferry", kind="split")
    with WebhookReceiver() as other:
        moved = adam.ask("PATCH", one, {"url": other.url}, headers={"Idempotency-Key": "u"})
        assert (moved.json["told"], moved.json["held"]) == (before["told"], 1)
        assert (moved.json["url"], moved.json["error"]) == (other.url, None)
        again = adam.ask("PATCH", one, {"url": other.url}, headers={"Idempotency-Key": "u"})
        assert (again.json, again.headers["idempotency-replayed"]) == (moved.json, "true")
        assert webhooks(world) == {"delivered": 2, "failed": 0}
        assert [each.data["kind"] for each in other.taken] == ["grew", "split"]
    assert adam.get(one).json["held"] == 0


def test_a_webhook_rests_and_goes_on_where_it_was(
    adam: Holder, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    one = adam.post(HOOKS, {"url": receiver.url}).headers["location"]
    paused = adam.ask("PATCH", one, {"state": "paused"}).json
    assert (paused["state"], paused["pause_reason"]) == ("paused", "paused by hand")
    happen(sessions, "ferry")
    assert webhooks(world) == {}
    assert adam.ask("PATCH", one, {"url": f"{receiver.url}?2"}).json["state"] == "paused"
    assert adam.ask("PATCH", one, {"state": "paused"}).json["told"] == paused["told"]
    active = adam.ask("PATCH", one, {"state": "active"}).json
    assert (active["state"], active["pause_reason"]) == ("active", None)
    assert webhooks(world)["failed"] == 0
    assert receiver.of_story("ferry")


@pytest.mark.parametrize("what", ["pause", "move"])
def test_what_is_changed_while_deliveries_are_under_way_holds(
    adam: Holder, world: Context, receiver: WebhookReceiver, sessions: Sessions, what: str
) -> None:
    happen(sessions, "ferry")
    one = adam.post(HOOKS, {"url": receiver.url, "since": 0}).headers["location"]
    told = adam.get(one).json["told"]
    change = {"state": "paused"} if what == "pause" else {"url": f"{receiver.url}/2"}

    def meanwhile(_: Delivery) -> int:
        receiver.verdict = lambda _: 204
        assert adam.ask("PATCH", one, change).status == 200
        return 204 if what == "pause" else 410

    receiver.verdict = meanwhile
    webhooks(world)
    found = adam.get(one).json
    if what == "pause":
        assert (found["state"], found["pause_reason"]) == ("paused", "paused by hand")
        assert found["told"] > told
    else:
        assert (found["state"], found["told"], found["error"]) == ("active", told, None)
        assert webhooks(world)["failed"] == 0
        assert receiver.of_story("ferry") == sorted(receiver.of_story("ferry"))


def test_a_secret_is_exchanged_and_told_once(
    adam: Holder, world: Context, receiver: WebhookReceiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry", "strike")
    made = adam.post(HOOKS, {"url": receiver.url, "since": 0, "kinds": ["grew"]})
    one, old = made.headers["location"], made.json["secret"]
    known = [old]
    receiver.verdict = lambda each: 204 if is_signed(each, known[0]) else 401
    exchanged = adam.post(f"{one}/secret", Idempotency_Key="s")
    assert (exchanged.status, exchanged.headers["cache-control"]) == (200, "no-store")
    new = exchanged.json["secret"]
    assert new.startswith("whsec_")
    assert new != old
    again = adam.post(f"{one}/secret", Idempotency_Key="s")
    assert again.json == exchanged.json | {"secret": None}
    assert webhooks(world) == {"delivered": 0, "failed": 2}
    known[0] = new
    assert adam.post(f"{one}/resume").status == 200
    assert webhooks(world) == {"delivered": 2, "failed": 0}
    assert adam.post(f"{one}/test").json["taken"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": "http://10.0.0.1/hook"}, "10.0.0.1 is no public address"),
        ({"url": "ftp://x.example/"}, "no http(s) address"),
        ({"url": None}, "url"),
        ({"kinds": ["born"]}, "kinds"),
        ({"kinds": None}, "kinds"),
        ({"min_coverage": -1}, "min_coverage"),
        ({"state": "gone"}, "state"),
        ({"since": 0}, "since"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_a_webhook_cannot_be_is_refused(
    adam: Holder, receiver: WebhookReceiver, change: object, reason: str
) -> None:
    one = adam.post(HOOKS, {"url": receiver.url}).headers["location"]
    before = adam.get(one).json
    refused = adam.ask("PATCH", one, change)
    assert (refused.status, reason in refused.text) == (422, True), refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert adam.get(one).json == before


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"url": "http://10.0.0.1/hook"}, "10.0.0.1 is no public address; webhooks.allow_networks"),
        ({"url": "http://[::1]/hook"}, "::1 is no public address"),
        ({"url": "https://[fe80::1%25eth0]/"}, "fe80::1%25eth0 names a network interface"),
        ({"url": "http://[::1%lo]:8075/"}, "::1%lo names a network interface"),
        ({"url": "http://0x0a000001/"}, "which is 10.0.0.1, is no public address"),
        ({"url": "http://169.254.169.254/"}, "no public address"),
        ({"url": "ftp://x.example/"}, "no http(s) address"),
        ({"url": "https://ann:secret@x.example/"}, "user or password"),
        ({"url": "https://x.example/", "kinds": ["born"]}, "kinds"),
        ({"url": "https://x.example/", "min_coverage": -1}, "min_coverage"),
        ({"url": "https://x.example/", "secret": "mine"}, "secret"),
    ],
)
def test_what_cannot_be_told_is_refused(adam: Holder, wanted: object, reason: str) -> None:
    refused = adam.post(HOOKS, wanted)
    assert (refused.status, reason in refused.text) == (422, True), refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert adam.get(HOOKS).json == {"items": [], "next": None}


def test_only_admins_look_after_webhooks(adam: Holder, sessions: Sessions) -> None:
    ann = holder(adam.site, sessions, "ann", Role.EDITOR, Role.READER)
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
        assert ann.ask(method, path, body).status == 403, path
        assert adam.site.get(path, method=method).status == 401


def test_the_description_knows_every_kind_of_change() -> None:
    assert get_args(Kind) == KINDS
