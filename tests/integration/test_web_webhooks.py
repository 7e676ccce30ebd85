"""Webhooks through the API, by whoever has the role `admin`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from jobs.context import Context
from jobs.webhooks import webhooks
from service.domain.access import Role
from service.domain.webhooks import KINDS
from service.store.sessions import Sessions
from service.store.tables import WebhookRow
from service.web.api.webhooks import Kind
from service.web.app import create_app
from tests.integration.test_webhooks import happen
from tests.support.key_holders import Holder, holder
from tests.support.receiver import Receiver
from tests.support.rows import NOW
from tests.support.site import Site, running

HOOKS = "/v1/webhooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def world(context: Context) -> Context:
    """May deliver to loopback."""
    eager = replace(context.settings.webhooks, allow_networks=("127.0.0.0/8",), timeout_seconds=0.3)
    return replace(context, settings=replace(context.settings, webhooks=eager))


@pytest.fixture
def site(world: Context) -> Iterator[Site]:
    app = create_app(world.sessions, clock=lambda: NOW, settings=world.settings)
    with running(app) as found:
        yield found


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> Holder:
    return holder(site, sessions, "adam", Role.ADMIN)


def test_a_webhook_is_added_told_and_forgotten(
    adam: Holder, world: Context, receiver: Receiver, sessions: Sessions
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
    assert adam.get(one).json["delivered_at"]
    gone = adam.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert [adam.ask(method, one).status for method in ("GET", "DELETE")] == [404, 404]
    for part in ("resume", "test"):
        assert adam.post(f"{one}/{part}").status == 404


def test_webhooks_are_paged_each_with_what_it_waits_for(
    adam: Holder, world: Context, receiver: Receiver, sessions: Sessions
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
    adam: Holder, receiver: Receiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    assert adam.post(HOOKS, {"url": receiver.url}).json["told"] == last > 0


def test_a_number_that_is_still_to_come_is_refused(
    adam: Holder, receiver: Receiver, sessions: Sessions
) -> None:
    happen(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    refused = adam.post(HOOKS, {"url": receiver.url, "since": last + 1})
    assert refused.status == 422
    assert f"come to number {last}, not to {last + 1}" in refused.json["detail"]
    assert adam.post(HOOKS, {"url": receiver.url, "since": last}).json["told"] == last


def test_a_delivery_can_be_tried(adam: Holder, receiver: Receiver) -> None:
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


def test_a_paused_webhook_goes_on(adam: Holder, receiver: Receiver, sessions: Sessions) -> None:
    made = adam.post(HOOKS, {"url": receiver.url}).json
    with sessions.begin() as session:
        session.query(WebhookRow).update({"state": "paused", "paused_because": "answered 410"})
    one = f"{HOOKS}/{made['id']}"
    assert adam.get(one).json["paused_because"] == "answered 410"
    resumed = adam.post(f"{one}/resume").json
    assert (resumed["state"], resumed["paused_because"]) == ("active", None)
    assert adam.get(one).json == resumed


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"url": "http://10.0.0.1/hook"}, "10.0.0.1 is no public address; webhooks.allow_networks"),
        ({"url": "http://[::1]/hook"}, "::1 is no public address"),
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
        ("POST", f"{HOOKS}/1/resume", None),
        ("POST", f"{HOOKS}/1/test", None),
    ):
        assert ann.ask(method, path, body).status == 403, path
        assert adam.site.get(path, method=method).status == 401


def test_the_description_knows_every_kind_of_change() -> None:
    assert get_args(Kind) == KINDS
