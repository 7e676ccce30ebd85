"""Webhooks: signed, in the order of each story, tried again until taken, paused when nobody is there."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from jobs.webhooks import ping, webhooks
from service.domain.webhooks.webhooks import KINDS, Wanted, secret_text
from service.errors import NotFoundError
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
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver

JOB = Job("webhooks", 5, 600, webhooks)
ALL = Wanted()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def world(context: Context) -> Context:
    """Jobs that may deliver to loopback and give up soon."""
    eager = replace(context.settings.webhooks, allow_networks=("127.0.0.0/8",), timeout_seconds=0.3)
    return replace(context, settings=replace(context.settings, webhooks=eager))


def happen(sessions: Sessions, *stories: str, kind: str = "grew") -> None:
    """Changes of stories, one after the other; unknown ones emerge before."""
    with sessions.begin() as session:
        rows = Rows(session)
        known = set(session.scalars(text("SELECT id FROM stories")))
        for name in stories:
            if name not in known:
                rows.story(name, [rows.article(rows.outlet(f"outlet-{name}"), f"Report of {name}")])
                known.add(name)
            session.execute(
                text(
                    "INSERT INTO transitions (story_id, kind, at, cause, article_ids)"
                    " VALUES (:story, :kind, :at, 'place', '{}')"
                ),
                {"story": name, "kind": kind, "at": NOW},
            )


def add(context: Context, receiver: WebhookReceiver, wanted: Wanted = ALL) -> int:
    with context.sessions.begin() as session:
        return hooks.add(session, receiver.url, wanted, now=context.clock())[0].id


def state(context: Context, number: int) -> Webhook:
    with context.sessions.begin() as session:
        return hooks.get(session, number)


def numbers(sessions: Sessions, story: str) -> list[int]:
    with sessions.begin() as session:
        found = session.scalars(
            text("SELECT id FROM transitions WHERE story_id = :story ORDER BY id"), {"story": story}
        )
        return list(found)


def stories_of(receiver: WebhookReceiver) -> list[str]:
    return [each.data["story"] for each in receiver.taken]


def test_each_change_comes_once_as_the_sequence_tells_it(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    happen(sessions, "before")
    add(world, receiver)
    happen(sessions, "ferry", "vote", "ferry", "ferry", "vote")
    assert run_job(JOB, world) == {"delivered": 7, "failed": 0}
    assert run_job(JOB, world) == {}
    assert receiver.of_story("ferry") == numbers(sessions, "ferry")
    assert receiver.of_story("vote") == numbers(sessions, "vote")
    with serving(sessions) as site:
        told = site.get("/v1/changes?since=2").json["items"]
    assert sorted((each.data for each in receiver.taken), key=lambda change: change["id"]) == told


def test_a_failing_delivery_holds_back_its_own_story_alone(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.verdict = lambda delivery: 500 if delivery.data["story"] == "ferry" else 204
    happen(sessions, "ferry", "vote", "ferry", "flood", "ferry", "vote")
    run_job(JOB, world)
    assert stories_of(receiver).count("vote") == 3
    assert stories_of(receiver).count("flood") == 2
    assert len([each for each in receiver.came if each.data["story"] == "ferry"]) == 1
    assert state(world, number).held == 1
    happen(sessions, "vote", "ferry")
    run_job(JOB, world)
    assert stories_of(receiver).count("vote") == 4
    receiver.verdict = lambda _: 204
    clock.advance(seconds=11)
    run_job(JOB, world)
    assert receiver.of_story("ferry") == numbers(sessions, "ferry")
    assert state(world, number).held == 0
    assert state(world, number).error is None


def hide(sessions: Sessions, story: str) -> int:
    """An editor's decision, by its number."""
    return decide(
        sessions, NOW, lambda session, act: actions.mark_story(session, act, "hide", story)
    ).id


def test_of_a_hidden_story_only_that_is_told_whatever_its_coverage(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    happen(sessions, "ferry", "vote")
    add(world, receiver, Wanted(min_coverage=5))
    happen(sessions, "ferry")
    decision = hide(sessions, "ferry")
    happen(sessions, "ferry", "vote")
    run_job(JOB, world)
    [only] = receiver.taken
    assert json.loads(only.body)["type"] == "story.hidden"
    assert (only.data["story"], only.data["articles"]) == ("ferry", [])
    add(world, receiver)
    decide(sessions, NOW, lambda session, act: undo(session, act, decision))
    run_job(JOB, world)
    [_, shown] = receiver.taken
    assert (shown.data["story"], shown.data["kind"]) == ("ferry", "shown")


def test_what_waits_of_a_story_goes_when_it_is_hidden_and_that_is_told_in_its_place(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    add(world, receiver)
    receiver.verdict = refused
    happen(sessions, "ferry", "ferry")
    run_job(JOB, world)
    tried = len(receiver.came)
    hide(sessions, "ferry")
    receiver.verdict = lambda _: 204
    clock.advance(minutes=10)
    run_job(JOB, world)
    assert [each.data["kind"] for each in receiver.came[tried:]] == ["hidden"]
    assert run_job(JOB, world) == {}


def test_a_webhook_of_some_kinds_hears_of_hidden_stories_if_it_wants_to(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add(world, receiver, Wanted(("merged",)))
    add(world, receiver, Wanted(("hidden",)))
    happen(sessions, "ferry")
    hide(sessions, "ferry")
    run_job(JOB, world)
    assert [each.data["kind"] for each in receiver.taken] == ["hidden"]


def refused(_: Delivery) -> float:
    return 500


def closed(_: Delivery) -> float:
    return 0


def hung(_: Delivery) -> float:
    return -0.6


@pytest.mark.parametrize(
    ("verdict", "told"),
    [(refused, "answered 500"), (closed, "connection broke"), (hung, "time limit")],
)
def test_whatever_goes_wrong_is_told_and_tried_again(  # noqa: PLR0917  # fixtures, all by name
    world: Context,
    sessions: Sessions,
    receiver: WebhookReceiver,
    clock: Clock,
    verdict: Callable[[Delivery], float],
    told: str,
):
    number = add(world, receiver)
    receiver.verdict = verdict
    happen(sessions, "ferry", "ferry")
    assert run_job(JOB, world) == {"delivered": 0, "failed": 1}
    assert told in str(state(world, number).error)
    assert run_job(JOB, world) == {}
    receiver.verdict = lambda _: 204
    clock.advance(seconds=11)
    run_job(JOB, world)
    assert receiver.of_story("ferry") == numbers(sessions, "ferry")
    ids = [each.headers["webhook-id"] for each in receiver.came]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_attempts_grow_rarer_and_are_spread(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    add(world, receiver)
    receiver.verdict = refused
    happen(sessions, "ferry")
    attempts = []
    for step in range(80):
        before = len(receiver.came)
        run_job(JOB, world)
        if len(receiver.came) > before:
            attempts.append(step * 5)
        clock.advance(seconds=5)
    gaps = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert 4 <= len(gaps) <= 7
    assert 5 <= gaps[0] <= 10
    assert gaps[-1] >= 40
    settings = world.settings.webhooks
    assert settings.pause(1, 0.0) == timedelta(seconds=10)
    assert settings.pause(1, 1.0) == timedelta(seconds=5)
    assert settings.pause(1000, 0.0) == timedelta(hours=3)


def test_a_receiver_that_is_down_is_asked_once_in_a_while_and_then_gets_all(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.verdict = refused
    names = [f"story-{n}" for n in range(20)]
    happen(sessions, *names)
    run_job(JOB, world)
    first = len(receiver.came)
    assert 3 <= first <= world.settings.webhooks.concurrency
    for _ in range(20):
        clock.advance(minutes=6)
        run_job(JOB, world)
    assert len(receiver.came) == first + 20
    assert state(world, number).told > 0
    receiver.verdict = lambda _: 204
    happen(sessions, *names)
    clock.advance(minutes=6)
    run_job(JOB, world)
    for name in names:
        assert receiver.of_story(name) == numbers(sessions, name)


def test_after_days_of_failure_it_is_paused_and_can_be_resumed(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.verdict = refused
    happen(sessions, "ferry", "vote", "flood", "ferry")
    for _ in range(16):
        run_job(JOB, world)
        clock.advance(hours=5)
    found = state(world, number)
    assert found.state == "paused"
    assert "nothing got through since 2023-04-25 18:00 UTC" in str(found.health.pause_reason)
    asked = len(receiver.came)
    happen(sessions, "vote", "strike")
    assert run_job(JOB, world) == {}
    assert len(receiver.came) == asked
    receiver.verdict = lambda _: 204
    with sessions.begin() as session:
        assert hooks.resume(session, number, now=clock()).state == "active"
    run_job(JOB, world)
    for name in ("ferry", "vote", "flood", "strike"):
        assert receiver.of_story(name) == numbers(sessions, name)


def test_a_receiver_that_is_gone_pauses_it_at_once_and_nothing_is_lost(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.verdict = lambda _: 410
    happen(sessions, "ferry", "ferry")
    run_job(JOB, world)
    assert state(world, number).state == "paused"
    assert str(state(world, number).health.pause_reason).startswith("answered 410")
    receiver.verdict = lambda _: 204
    with sessions.begin() as session:
        hooks.resume(session, number, now=clock())
    run_job(JOB, world)
    assert receiver.of_story("ferry") == numbers(sessions, "ferry")


def test_a_busy_receiver_is_left_alone_for_as_long_as_it_says(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    add(world, receiver)
    receiver.verdict, receiver.answer_headers = lambda _: 429, {"Retry-After": "90"}
    happen(sessions, "ferry")
    run_job(JOB, world)
    happen(sessions, "vote")
    clock.advance(seconds=80)
    assert run_job(JOB, world) == {}
    receiver.verdict = lambda _: 204
    clock.advance(seconds=11)
    run_job(JOB, world)
    assert set(stories_of(receiver)) == {"ferry", "vote"}


def test_nobody_at_the_address_is_told(world: Context, sessions: Sessions):
    with WebhookReceiver() as left:
        number = add(world, left)
    happen(sessions, "ferry")
    run_job(JOB, world)
    assert "cannot be reached" in str(state(world, number).error)


def test_a_receiver_that_fails_does_not_hold_up_another(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    with WebhookReceiver() as other:
        add(world, other)
        other.verdict = hung
        add(world, receiver)
        happen(sessions, "ferry", "vote")
        run_job(JOB, world)
    assert set(stories_of(receiver)) == {"ferry", "vote"}
    assert other.taken == []


def test_redirects_are_not_followed(world: Context, sessions: Sessions, receiver: WebhookReceiver):
    number = add(world, receiver)
    receiver.verdict = lambda _: 307
    receiver.answer_headers = {"Location": receiver.url}
    happen(sessions, "ferry")
    run_job(JOB, world)
    assert len(receiver.came) == 1
    assert "redirects are not followed" in str(state(world, number).error)


def test_private_addresses_are_closed_unless_allowed(
    context: Context, sessions: Sessions, receiver: WebhookReceiver
):
    number = add(context, receiver)
    happen(sessions, "ferry")
    run_job(JOB, context)
    assert receiver.came == []
    assert "webhooks.allow_networks" in str(state(context, number).error)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_changes_can_be_chosen(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, kind: str
):
    happen(sessions, "ferry")
    number = add(world, receiver, Wanted((kind,)))
    for each in KINDS:
        happen(sessions, "ferry", kind=each)
    run_job(JOB, world)
    assert [each.data["kind"] for each in receiver.taken] == [kind]
    assert state(world, number).told == numbers(sessions, "ferry")[-1]


def test_coverage_is_that_right_after_the_change(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add(world, receiver, Wanted((), 2))
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
    told = sorted((each.data["story"], each.data["kind"]) for each in receiver.taken)
    assert told == [("one", "merged"), ("two", "grew")]


def test_stories_that_an_editor_hid_are_not_told(
    world: Context, sessions: Sessions, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver)
    receiver.verdict = lambda delivery: 500 if delivery.data["story"] == "ferry" else 204
    happen(sessions, "ferry", "vote")
    run_job(JOB, world)
    with sessions.begin() as session:
        session.execute(text("UPDATE stories SET hidden = true WHERE id = 'ferry'"))
    clock.advance(minutes=1)
    run_job(JOB, world)
    assert set(stories_of(receiver)) == {"vote"}
    assert state(world, number).held == 0


def test_a_test_delivery_is_signed_and_changes_nothing(world: Context, receiver: WebhookReceiver):
    number = add(world, receiver)
    before = state(world, number)
    assert ping(world, number).status == 204
    assert receiver.came[0].headers["content-type"] == "application/json"
    assert b'"type":"test"' in receiver.came[0].body
    receiver.verdict = refused
    assert ping(world, number).error == "answered 500 Internal Server Error"
    assert state(world, number) == before
    with pytest.raises(NotFoundError):
        ping(world, number + 1)


def test_a_removed_webhook_is_told_nothing_more(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    number = add(world, receiver)
    receiver.verdict = refused
    happen(sessions, "ferry")
    run_job(JOB, world)
    with sessions.begin() as session:
        hooks.remove(session, number)
    assert run_job(JOB, world) == {}


def test_figures_tell_what_waits_and_what_failed(
    world: Context, sessions: Sessions, receiver: WebhookReceiver
):
    add(world, receiver)
    receiver.verdict = refused
    happen(sessions, "ferry", "ferry")
    with serving(sessions) as site:
        assert "samestory_webhook_changes_pending 3.0" in site.get("/metrics").text
        run_job(JOB, world)
        figures = site.get("/metrics").text
    assert "samestory_webhook_changes_pending 3.0" in figures
    assert "samestory_webhook_stories_failed 1.0" in figures
    assert 'samestory_webhooks{state="active"} 1.0' in figures


def test_what_is_to_be_told_is_found_by_index(
    world: Context, sessions: Sessions, engine: Engine, receiver: WebhookReceiver, clock: Clock
):
    number = add(world, receiver, Wanted(("grew",), 1))
    receiver.verdict = refused
    happen(sessions, "ferry", "vote", "ferry")
    with sessions.begin() as session:
        session.execute(text("UPDATE memberships SET valid_from = :at"), {"at": NOW})
    run_job(JOB, world)
    assert state(world, number).held
    clock.advance(minutes=1)
    with sessions.begin() as session, record_statements(engine) as statements:
        assert outbox.next_round(session, number, now=clock(), most=8)
    assert len(statements) >= 4
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, plan


def test_the_secret_is_of_the_scheme(world: Context, receiver: WebhookReceiver):
    with world.sessions.begin() as session:
        _, secret = hooks.add(session, receiver.url, ALL, now=NOW)
    told: Any = secret_text(secret)
    assert told.startswith("whsec_")
    assert len(secret) == 32
