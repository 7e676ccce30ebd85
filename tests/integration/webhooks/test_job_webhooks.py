"""Job `webhooks`: order within a story, retries, pausing, filters, test deliveries, metrics."""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from jobs.sending.webhooks import webhooks
from service.domain.stories.transitions import TRANSITION_KINDS
from service.domain.webhooks.event_filter import EventFilter
from service.domain.webhooks.retries import DeliveryOutcome, RetryPolicy
from service.domain.webhooks.signing import format_secret
from service.errors import NotFoundError
from service.ingest.fetching.webhook_target import WebhookTarget, send_test_delivery
from service.store.database.sessions import Sessions
from service.store.editing import actions
from service.store.editing.undo import undo
from service.store.webhooks import outbox
from service.store.webhooks import webhooks as hooks
from service.store.webhooks.webhooks import Webhook
from tests.integration.api.test_sql_statements import record_statements
from tests.integration.conftest import Clock
from tests.support.database.editor import decide
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import serving
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver, deliver_to_loopback

JOB = Job("webhooks", 5, 600, webhooks)
ALL_EVENTS = EventFilter()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def world(context: Context) -> Context:
    """Context that allows deliveries to loopback."""
    return deliver_to_loopback(context)


def add_transitions(sessions: Sessions, *stories: str, kind: str = "grew") -> None:
    """Add one transition per story; missing stories are created with their `emerged` before."""
    with sessions.begin() as session:
        rows = Rows(session)
        existing = set(session.scalars(text("SELECT id FROM stories")))
        for name in stories:
            if name not in existing:
                rows.story(name, [rows.article(rows.outlet(f"outlet-{name}"), f"Report of {name}")])
                existing.add(name)
            session.execute(
                text(
                    "INSERT INTO transitions (story_id, kind, at, cause, article_ids)"
                    " VALUES (:story, :kind, :at, 'place', '{}')"
                ),
                {"story": name, "kind": kind, "at": NOW},
            )


def add(context: Context, receiver: WebhookReceiver, event_filter: EventFilter = ALL_EVENTS) -> int:
    with context.sessions.begin() as session:
        return hooks.add(session, receiver.url, event_filter, now=context.clock())[0].id


def get_webhook(context: Context, number: int) -> Webhook:
    with context.sessions.begin() as session:
        return hooks.get(session, number)


def transition_ids(sessions: Sessions, story: str) -> list[int]:
    with sessions.begin() as session:
        ids = session.scalars(
            text("SELECT id FROM transitions WHERE story_id = :story ORDER BY id"), {"story": story}
        )
        return list(ids)


def accepted_stories(receiver: WebhookReceiver) -> list[str]:
    return [each.data["story"] for each in receiver.accepted]


def test_each_transition_is_delivered_once_in_order(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add_transitions(sessions, "before")
    add(world, receiver)
    add_transitions(sessions, "ferry", "vote", "ferry", "ferry", "vote")
    assert run_job(JOB, world) == {"delivered": 7, "failed": 0}
    assert run_job(JOB, world) == {}
    assert receiver.of_story("ferry") == transition_ids(sessions, "ferry")
    assert receiver.of_story("vote") == transition_ids(sessions, "vote")
    with serving(sessions) as site:
        changes = site.get("/v1/changes?since=2").json["items"]
    assert (
        sorted((each.data for each in receiver.accepted), key=lambda change: change["id"])
        == changes
    )


def test_failed_delivery_blocks_only_its_story(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.status_for = lambda delivery: 500 if delivery.data["story"] == "ferry" else 204
    add_transitions(sessions, "ferry", "vote", "ferry", "flood", "ferry", "vote")
    run_job(JOB, world)
    assert accepted_stories(receiver).count("vote") == 3
    assert accepted_stories(receiver).count("flood") == 2
    assert len([each for each in receiver.requests if each.data["story"] == "ferry"]) == 1
    assert get_webhook(world, number).blocked_stories == 1
    add_transitions(sessions, "vote", "ferry")
    run_job(JOB, world)
    assert accepted_stories(receiver).count("vote") == 4
    receiver.status_for = lambda _: 204
    clock.advance(seconds=11)
    run_job(JOB, world)
    assert receiver.of_story("ferry") == transition_ids(sessions, "ferry")
    assert get_webhook(world, number).blocked_stories == 0
    assert get_webhook(world, number).error is None


def hide(sessions: Sessions, story: str) -> int:
    """Hide a story; return the id of the decision."""
    return decide(
        sessions, NOW, lambda session, act: actions.mark_story(session, act, "hide", story)
    ).id


def test_hidden_story_delivers_only_hidden_with_any_coverage(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add_transitions(sessions, "ferry", "vote")
    add(world, receiver, EventFilter(min_coverage=5))
    add_transitions(sessions, "ferry")
    decision = hide(sessions, "ferry")
    add_transitions(sessions, "ferry", "vote")
    run_job(JOB, world)
    [only] = receiver.accepted
    assert json.loads(only.body)["type"] == "story.hidden"
    assert (only.data["story"], only.data["articles"]) == ("ferry", [])
    add(world, receiver)
    decide(sessions, NOW, lambda session, act: undo(session, act, decision))
    run_job(JOB, world)
    [_, shown] = receiver.accepted
    assert (shown.data["story"], shown.data["kind"]) == ("ferry", "shown")


def test_hiding_a_blocked_story_replaces_its_pending_transitions(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    add(world, receiver)
    receiver.status_for = refused
    add_transitions(sessions, "ferry", "ferry")
    run_job(JOB, world)
    tried = len(receiver.requests)
    hide(sessions, "ferry")
    receiver.status_for = lambda _: 204
    clock.advance(minutes=10)
    run_job(JOB, world)
    assert [each.data["kind"] for each in receiver.requests[tried:]] == ["hidden"]
    assert run_job(JOB, world) == {}


def test_hidden_is_delivered_only_if_the_kind_is_selected(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add(world, receiver, EventFilter(("merged",)))
    add(world, receiver, EventFilter(("hidden",)))
    add_transitions(sessions, "ferry")
    hide(sessions, "ferry")
    run_job(JOB, world)
    assert [each.data["kind"] for each in receiver.accepted] == ["hidden"]


def hasty(world: Context) -> Context:
    """The context with a time limit below the delay of `hung`."""
    return deliver_to_loopback(world, timeout_seconds=0.3)


def refused(_: Delivery) -> float:
    return 500


def closed(_: Delivery) -> float:
    return 0


def hung(_: Delivery) -> float:
    return -0.6


@pytest.mark.parametrize(
    ("status_for", "error"),
    [(refused, "HTTP 500"), (closed, "Connection lost"), (hung, "time limit")],
)
def test_failed_delivery_is_recorded_and_retried_with_the_same_id(  # noqa: PLR0917  # fixtures, all by name
    world: Context,
    sessions: Sessions,
    receiver: WebhookReceiver,
    clock: Clock,
    status_for: Callable[[Delivery], float],
    error: str,
):
    number = add(world, receiver)
    receiver.status_for = status_for
    add_transitions(sessions, "ferry", "ferry")
    first = hasty(world) if status_for is hung else world
    assert run_job(JOB, first) == {"delivered": 0, "failed": 1}
    assert error in str(get_webhook(world, number).error)
    assert run_job(JOB, world) == {}
    receiver.status_for = lambda _: 204
    clock.advance(seconds=11)
    run_job(JOB, world)
    assert receiver.of_story("ferry") == transition_ids(sessions, "ferry")
    ids = [each.headers["webhook-id"] for each in receiver.requests]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_retry_delay_doubles_with_jitter(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    add(world, receiver)
    receiver.status_for = refused
    add_transitions(sessions, "ferry")
    attempts = []
    for step in range(80):
        before = len(receiver.requests)
        run_job(JOB, world)
        if len(receiver.requests) > before:
            attempts.append(step * 5)
        clock.advance(seconds=5)
    gaps = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert 4 <= len(gaps) <= 7
    assert 5 <= gaps[0] <= 10
    assert gaps[-1] >= 40
    policy = RetryPolicy.from_settings(world.settings.webhooks)
    assert policy.delay(1, 0.0) == timedelta(seconds=10)
    assert policy.delay(1, 1.0) == timedelta(seconds=5)
    assert policy.delay(1000, 0.0) == timedelta(hours=3)


def test_receiver_that_is_down_gets_single_probes_and_later_everything(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.status_for = refused
    names = [f"story-{n}" for n in range(20)]
    add_transitions(sessions, *names)
    run_job(JOB, world)
    first = len(receiver.requests)
    assert 3 <= first <= world.settings.webhooks.concurrency
    for _ in range(20):
        clock.advance(minutes=6)
        run_job(JOB, world)
    assert len(receiver.requests) == first + 20
    assert get_webhook(world, number).last_delivered_id > 0
    receiver.status_for = lambda _: 204
    add_transitions(sessions, *names)
    clock.advance(minutes=6)
    run_job(JOB, world)
    for name in names:
        assert receiver.of_story(name) == transition_ids(sessions, name)


def test_webhook_is_paused_after_days_of_failure_and_can_be_resumed(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.status_for = refused
    add_transitions(sessions, "ferry", "vote", "flood", "ferry")
    for _ in range(16):
        run_job(JOB, world)
        clock.advance(hours=5)
    webhook = get_webhook(world, number)
    assert webhook.state == "paused"
    assert "No successful delivery since 2023-04-25 18:00 UTC" in str(webhook.health.pause_reason)
    before = len(receiver.requests)
    add_transitions(sessions, "vote", "strike")
    assert run_job(JOB, world) == {}
    assert len(receiver.requests) == before
    receiver.status_for = lambda _: 204
    with sessions.begin() as session:
        assert hooks.resume(session, number, now=clock()).state == "active"
    run_job(JOB, world)
    for name in ("ferry", "vote", "flood", "strike"):
        assert receiver.of_story(name) == transition_ids(sessions, name)


def test_status_410_pauses_the_webhook_without_loss(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.status_for = lambda _: 410
    add_transitions(sessions, "ferry", "ferry")
    run_job(JOB, world)
    assert get_webhook(world, number).state == "paused"
    assert str(get_webhook(world, number).health.pause_reason).startswith("HTTP 410")
    receiver.status_for = lambda _: 204
    with sessions.begin() as session:
        hooks.resume(session, number, now=clock())
    run_job(JOB, world)
    assert receiver.of_story("ferry") == transition_ids(sessions, "ferry")


def test_retry_after_header_delays_the_next_attempt(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    add(world, receiver)
    receiver.status_for, receiver.response_headers = lambda _: 429, {"Retry-After": "90"}
    add_transitions(sessions, "ferry")
    run_job(JOB, world)
    add_transitions(sessions, "vote")
    clock.advance(seconds=80)
    assert run_job(JOB, world) == {}
    receiver.status_for = lambda _: 204
    clock.advance(seconds=11)
    run_job(JOB, world)
    assert set(accepted_stories(receiver)) == {"ferry", "vote"}


def test_unreachable_receiver_is_recorded_as_error(world: Context, sessions: Sessions):
    with WebhookReceiver() as left:
        number = add(world, left)
    add_transitions(sessions, "ferry")
    run_job(JOB, world)
    assert "Cannot connect" in str(get_webhook(world, number).error)


def test_failing_receiver_does_not_delay_another_one(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    with WebhookReceiver() as other:
        add(world, other)
        other.status_for = hung
        add(world, receiver)
        add_transitions(sessions, "ferry", "vote")
        run_job(JOB, world)
    assert set(accepted_stories(receiver)) == {"ferry", "vote"}
    assert other.accepted == []


def test_redirects_are_not_followed(world: Context, sessions: Sessions, receiver: WebhookReceiver):
    number = add(world, receiver)
    receiver.status_for = lambda _: 307
    receiver.response_headers = {"Location": receiver.url}
    add_transitions(sessions, "ferry")
    run_job(JOB, world)
    assert len(receiver.requests) == 1
    assert "redirects are not followed" in str(get_webhook(world, number).error)


def test_private_addresses_are_blocked_by_default(
    context: Context, sessions: Sessions, receiver: WebhookReceiver
):
    number = add(context, receiver)
    add_transitions(sessions, "ferry")
    run_job(JOB, context)
    assert receiver.requests == []
    assert "webhooks.allow_networks" in str(get_webhook(context, number).error)


@pytest.mark.parametrize("kind", TRANSITION_KINDS)
def test_only_selected_kinds_are_delivered(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, kind: str
):
    add_transitions(sessions, "ferry")
    number = add(world, receiver, EventFilter((kind,)))
    for each in TRANSITION_KINDS:
        add_transitions(sessions, "ferry", kind=each)
    run_job(JOB, world)
    assert [each.data["kind"] for each in receiver.accepted] == [kind]
    assert get_webhook(world, number).last_delivered_id == transition_ids(sessions, "ferry")[-1]


def test_min_coverage_uses_the_coverage_right_after_the_transition(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add(world, receiver, EventFilter((), 2))
    later = NOW + timedelta(hours=1)
    with sessions.begin() as session:
        rows = Rows(session)
        first, second, third = (rows.outlet(f"o{n}") for n in range(3))
        two = rows.story("two", [rows.article(first, "A"), rows.article(second, "B")])
        rows.transition(two, "grew", at=later)
        one = rows.story("one", [rows.article(third, "C"), rows.article(third, "D")])
        rows.transition(one, "grew", at=later)
        rows.transition(one, "merged", at=later, other_story_id="two")
    run_job(JOB, world)
    delivered = sorted((each.data["story"], each.data["kind"]) for each in receiver.accepted)
    assert delivered == [("one", "merged"), ("two", "grew")]


def test_hidden_stories_are_not_delivered(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.status_for = lambda delivery: 500 if delivery.data["story"] == "ferry" else 204
    add_transitions(sessions, "ferry", "vote")
    run_job(JOB, world)
    with sessions.begin() as session:
        session.execute(text("UPDATE stories SET hidden = true WHERE id = 'ferry'"))
    clock.advance(minutes=1)
    run_job(JOB, world)
    assert set(accepted_stories(receiver)) == {"vote"}
    assert get_webhook(world, number).blocked_stories == 0


def send_test(context: Context, number: int) -> DeliveryOutcome:
    with context.sessions.begin() as session:
        url = hooks.get(session, number).url
        target = WebhookTarget(number, url, hooks.get_secret(session, number))
    return send_test_delivery(target, context.settings)


def test_test_delivery_is_signed_and_stores_nothing(world: Context, receiver: WebhookReceiver):
    number = add(world, receiver)
    before = get_webhook(world, number)
    assert send_test(world, number).status == 204
    assert receiver.requests[0].headers["content-type"] == "application/json"
    assert b'"type":"test"' in receiver.requests[0].body
    receiver.status_for = refused
    assert send_test(world, number).error == "HTTP 500 Internal Server Error"
    assert get_webhook(world, number) == before
    with pytest.raises(NotFoundError):
        send_test(world, number + 1)


def test_removed_webhook_gets_no_delivery(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    number = add(world, receiver)
    receiver.status_for = refused
    add_transitions(sessions, "ferry")
    run_job(JOB, world)
    with sessions.begin() as session:
        hooks.remove(session, number)
    assert run_job(JOB, world) == {}


def test_metrics_count_pending_and_failed_deliveries(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add(world, receiver)
    receiver.status_for = refused
    add_transitions(sessions, "ferry", "ferry")
    with serving(sessions) as site:
        assert "samestory_webhook_changes_pending 3.0" in site.get("/metrics").text
        run_job(JOB, world)
        metrics = site.get("/metrics").text
    assert "samestory_webhook_changes_pending 3.0" in metrics
    assert "samestory_webhook_stories_failed 1.0" in metrics
    assert 'samestory_webhooks{state="active"} 1.0' in metrics


def test_outbox_queries_use_indexes(
    world: Context, sessions: Sessions, engine: Engine, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver, EventFilter(("grew",), 1))
    receiver.status_for = refused
    add_transitions(sessions, "ferry", "vote", "ferry")
    with sessions.begin() as session:
        session.execute(text("UPDATE memberships SET valid_from = :at"), {"at": NOW})
    run_job(JOB, world)
    assert get_webhook(world, number).blocked_stories
    clock.advance(minutes=1)
    with sessions.begin() as session, record_statements(engine) as statements:
        claim: dict[str, Any] = {"owner": "here", "duration": timedelta(seconds=9)}
        assert outbox.load_next_batch(session, number, **claim, now=clock(), limit=8)
    assert len(statements) >= 4
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan


def test_secret_has_the_standard_format(world: Context, receiver: WebhookReceiver):
    with world.sessions.begin() as session:
        _, secret = hooks.add(session, receiver.url, ALL_EVENTS, now=NOW)
    assert format_secret(secret).startswith("whsec_")
    assert len(secret) == 32
