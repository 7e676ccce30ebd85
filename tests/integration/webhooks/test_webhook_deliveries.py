"""Log of deliveries, redelivery, and signatures as other implementations verify them."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from jobs.running.context import Context
from jobs.sending.webhooks import webhooks
from jobs.tidy import tidy
from service.domain.access.roles import Role
from service.store.database.sessions import Sessions
from service.store.editing import actions
from service.web.app import create_app
from tests.integration.conftest import Clock
from tests.integration.webhooks.test_job_webhooks import add_transitions
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.database.editor import decide
from tests.support.database.rows import NOW
from tests.support.servers.site import running
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver, deliver_to_loopback


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def world(context: Context) -> Context:
    """Context that allows deliveries to loopback."""
    return deliver_to_loopback(context)


@pytest.fixture
def adam(world: Context, sessions: Sessions) -> Iterator[KeyClient]:
    app = create_app(world.sessions, clock=world.clock, settings=world.settings)
    with running(app) as site:
        yield make_key_client(site, sessions, "adam", Role.ADMIN)


def test_attempts_are_listed_and_a_change_is_delivered_again(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions, clock: Clock
):
    add_transitions(sessions, "ferry", "storm")
    hook = adam.post("/v1/webhooks", {"url": receiver.url, "since": 0}).headers["location"]
    receiver.status_for = lambda sent: 500 if sent.data["story"] == "storm" else 204
    webhooks(world)
    listed = adam.get(f"{hook}/deliveries").json["items"]
    assert {(each["status"], each["error"], each["is_redelivery"]) for each in listed} == {
        (204, None, False),
        (500, "HTTP 500 Internal Server Error", False),
    }
    [first, *_] = adam.get(f"{hook}/deliveries?failed=false").json["items"]
    page = adam.get(f"{hook}/deliveries?limit=1").json
    rest = adam.get(f"{hook}/deliveries?limit=100&cursor={page['next']}").json
    assert page["items"] + rest["items"] == listed

    before = adam.get(hook).json
    again = adam.post(f"{hook}/deliveries/{first['change']}")
    assert again.json == {"accepted": True, "status": 204, "error": None}
    [one, two] = [each for each in receiver.accepted if each.data["id"] == first["change"]]
    assert (one.headers["webhook-id"], one.body) == (two.headers["webhook-id"], two.body)
    assert adam.get(f"{hook}/deliveries?limit=1").json["items"][0]["is_redelivery"] is True
    assert adam.get(hook).json == before

    clock.advance(days=31)
    assert tidy(replace(world, clock=lambda: clock.now))["deleted"] >= len(listed) + 1
    assert adam.get(f"{hook}/deliveries").json["items"] == []


def test_changes_that_may_not_be_sent_return_404(
    adam: KeyClient, receiver: WebhookReceiver, sessions: Sessions
):
    add_transitions(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    hook = adam.post("/v1/webhooks", {"url": receiver.url}).headers["location"]
    decide(sessions, NOW, lambda session, act: actions.mark_story(session, act, "hide", "ferry"))
    hidden = adam.post(f"{hook}/deliveries/{last}")
    assert (hidden.status, "an editor hid its story" in hidden.json["detail"]) == (404, True)
    assert adam.post(f"{hook}/deliveries/{last + 99}").status == 404
    assert adam.post(f"/v1/webhooks/99/deliveries/{last}").status == 404
    assert adam.get("/v1/webhooks/99/deliveries").status == 404
    assert receiver.requests == []


def test_webhook_removed_during_its_redelivery_returns_404(
    adam: KeyClient, receiver: WebhookReceiver, sessions: Sessions
):
    add_transitions(sessions, "ferry")
    last = adam.get("/v1/changes?since=latest").json["next"]
    hook = adam.post("/v1/webhooks", {"url": receiver.url}).headers["location"]
    removed: list[int] = []

    def remove_and_accept(_: Delivery) -> int:
        removed.append(adam.request("DELETE", hook).status)
        return 204

    receiver.status_for = remove_and_accept
    assert adam.post(f"{hook}/deliveries/{last}").status == 404
    assert removed == [204]


def test_standard_library_verifies_deliveries(
    adam: KeyClient, world: Context, receiver: WebhookReceiver, sessions: Sessions
):
    """The library rejects times that differ by five minutes from its own clock.

    The clock of the service shows another time, as in the demo.
    """
    add_transitions(sessions, "ferry")
    created = adam.post("/v1/webhooks", {"url": receiver.url, "since": 0})
    made, hook = created.json, created.headers["location"]
    webhooks(world)
    assert adam.post(f"{hook}/deliveries/{receiver.accepted[0].data['id']}").json["accepted"]
    for _ in range(2):
        assert adam.post(f"{hook}/test").json["accepted"]
    tests = [sent.headers["webhook-id"] for sent in receiver.accepted if not sent.data]
    assert len(set(tests)) == 2
    verifier = Webhook(made["secret"])
    for sent in receiver.accepted:
        event = verifier.verify(sent.body, sent.headers)
        assert event == json.loads(sent.body)
        with pytest.raises(WebhookVerificationError):
            verifier.verify(sent.body + b" ", sent.headers)
    assert receiver.accepted
