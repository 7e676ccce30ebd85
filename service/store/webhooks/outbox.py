"""Outbox of webhook deliveries: due webhooks, next batch, outcomes of a batch.

The transitions themselves are the outbox: each is written in the transaction of its change and
never removed. A webhook therefore stores only the id of the last transition that was processed, and
its blocked stories. A blocked story waits at its failed transition while all other stories
continue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.stories.transitions import StoryTransition
from service.domain.webhooks.retries import (
    DeliveryOutcome,
    RetryPolicy,
    WebhookHealth,
    count_independent,
    update_health,
)
from service.store.database import claims
from service.store.story_views.changes import (
    MAX_CHECKED,
    last_described_change,
    latest_change,
)
from service.store.story_views.history import select_transitions, transition_from_row
from service.store.tables import TransitionRow, WebhookBlockedStoryRow, WebhookRow
from service.store.webhooks import attempts
from service.store.webhooks.event_filter import filter_conditions, query_conditions
from service.store.webhooks.failures import clear_failure
from service.store.webhooks.webhooks import read_health, retry_blocked_stories, write_health


@dataclass(frozen=True, slots=True)
class DeliveryBatch:
    """Transitions of different stories, to be sent to one webhook concurrently."""

    webhook: int
    url: str
    secret: bytes
    fresh: tuple[StoryTransition, ...]
    retried: tuple[StoryTransition, ...]  #: the failed transition of some blocked stories
    owner: str  #: of the claim
    next_delivered_id: int  #: position after the batch

    @property
    def transitions(self) -> tuple[StoryTransition, ...]:
        """All transitions, retried ones first."""
        return self.retried + self.fresh


def find_due_webhooks(session: Session, *, now: datetime) -> list[int]:
    """Ids of active webhooks that may have something to send; two statements."""
    has_due_story = exists().where(
        WebhookBlockedStoryRow.webhook_id == WebhookRow.id,
        WebhookBlockedStoryRow.next_attempt_at <= now,
    )
    statement = (
        select(WebhookRow.id)
        .where(
            WebhookRow.state == "active",
            or_(WebhookRow.next_attempt_at.is_(None), WebhookRow.next_attempt_at <= now),
            or_(WebhookRow.last_delivered_id < latest_change(session), has_due_story),
        )
        .order_by(WebhookRow.id)
    )
    return list(session.scalars(statement))


def load_next_batch(
    session: Session,
    webhook_id: int,
    *,
    owner: str,
    duration: timedelta,
    now: datetime,
    limit: int,
) -> DeliveryBatch | None:
    """Claim a webhook for `duration` and return its next transitions; None if there is nothing.

    `record_outcomes` ends the claim. Nothing is returned while another owner has a claim.

    Retries fill at most half of a batch. If the receiver was down, the batch is one probe: a story
    without a failure if possible.
    """
    row = session.get(WebhookRow, webhook_id, with_for_update={"key_share": True})
    if row is None or row.state != "active" or (row.next_attempt_at or now) > now:
        return None
    if not claims.is_free(session, row.owner, row.claimed_until):
        return None
    query = query_conditions(session, row, now)
    if query is None:
        return None
    probing = row.attempts > 0
    retried = [] if probing else _due_retries(session, row, query, now, max(limit // 2, 1))
    room = 1 if probing else max(limit - len(retried), 1)
    fresh, position = _fresh_transitions(session, row, query, room)
    if probing and not fresh:
        retried = _due_retries(session, row, query, now, 1)
    if fresh or retried:
        row.owner, row.claimed_until = owner, claims.claim_end(duration)
        return DeliveryBatch(
            webhook_id, row.url, row.secret, tuple(fresh), tuple(retried), owner, position
        )
    row.last_delivered_id = position
    clear_failure(session, row)
    return None


def record_outcomes(
    session: Session,
    batch: DeliveryBatch,
    outcomes: Mapping[int, DeliveryOutcome],
    *,
    now: datetime,
    policy: RetryPolicy,
    jitter: float,
) -> bool:
    """Store the outcomes of a batch by transition id; return whether another batch may follow.

    Return False if the webhook is now paused, removed or waiting, or if the claim was lost. If its
    URL changed meanwhile, only the attempts are stored and the new URL gets the batch again.
    """
    row = session.get(WebhookRow, batch.webhook, with_for_update={"key_share": True})
    if row is None or row.owner != batch.owner:
        return False
    row.owner = row.claimed_until = None
    attempts.record(session, row.id, outcomes, now=now)
    if row.url != batch.url:
        return False
    row.last_delivered_id = batch.next_delivered_id
    for transition in batch.transitions:
        outcome = outcomes[transition.id]
        if outcome.error is not None:
            _block_story(
                session, row.id, transition, outcome, now=now, policy=policy, jitter=jitter
            )
    _unblock_stories(
        session, row, [each for each in batch.retried if outcomes[each.id].error is None], now
    )
    session.flush()
    blocked = select(func.count()).where(WebhookBlockedStoryRow.webhook_id == row.id)
    health = update_health(
        read_health(row),
        list(outcomes.values()),
        blocked_stories=session.scalar(blocked) or 0,
        now=now,
        policy=policy,
        jitter=jitter,
    )
    errors = [each.error for each in outcomes.values() if each.error is not None]
    _apply_health(session, row, health, errors, now=now)
    return row.state == "active" and health.next_attempt_at is None


def _apply_health(
    session: Session, row: WebhookRow, health: WebhookHealth, errors: list[str], *, now: datetime
) -> None:
    was_down, pause_reason = row.attempts > 0, row.pause_reason
    write_health(row, health)
    if row.state == "paused":  # manually, during the batch
        row.pause_reason = pause_reason
    if health.failing_since is None:
        row.last_delivered_at, row.error = now, None
        if was_down:
            retry_blocked_stories(session, row.id, now=now)
    else:
        row.error = errors[-1]
    if health.pause_reason is not None:
        row.state = "paused"


def _fresh_transitions(
    session: Session, row: WebhookRow, query: Sequence[ColumnElement[bool]], limit: int
) -> tuple[list[StoryTransition], int]:
    """Next transitions of stories that are not blocked, and the position after them."""
    if row.query_id:
        latest = last_described_change(session, row.last_delivered_id)
        latest = min(latest, row.last_delivered_id + MAX_CHECKED)
    else:
        latest = latest_change(session)
    is_blocked = exists().where(
        WebhookBlockedStoryRow.webhook_id == row.id,
        WebhookBlockedStoryRow.story_id == TransitionRow.story_id,
    )
    statement = (
        select_transitions()
        .where(
            TransitionRow.id > row.last_delivered_id,
            TransitionRow.id <= latest,
            ~is_blocked,
            *filter_conditions(row),
            *query,
        )
        .order_by(TransitionRow.id)
        .limit(limit + 1)
    )
    transitions = [transition_from_row(*values) for values in session.execute(statement)]
    count = count_independent([each.story_id for each in transitions], limit)
    if count < len(transitions):
        # Stop before the first transition that must wait for the next batch.
        return transitions[:count], transitions[count].id - 1
    return transitions, latest


def _due_retries(
    session: Session,
    row: WebhookRow,
    query: Sequence[ColumnElement[bool]],
    now: datetime,
    limit: int,
) -> list[StoryTransition]:
    """The first unsent transition of each blocked story that is due."""
    blocked = session.scalars(
        select(WebhookBlockedStoryRow)
        .where(
            WebhookBlockedStoryRow.webhook_id == row.id,
            WebhookBlockedStoryRow.next_attempt_at <= now,
        )
        .order_by(WebhookBlockedStoryRow.next_attempt_at, WebhookBlockedStoryRow.story_id)
        .limit(limit)
    ).all()
    retries = []
    for each in blocked:
        # The failed transition has matched; its story may have changed since.
        has_failed = each.attempts > 0
        is_failed = TransitionRow.id == (each.next_transition_id if has_failed else None)
        statement = (
            select_transitions()
            .where(
                TransitionRow.story_id == each.story_id,
                TransitionRow.id >= each.next_transition_id,
                TransitionRow.id <= row.last_delivered_id,
                *filter_conditions(row),
                *(or_(is_failed, condition) for condition in query),
            )
            .order_by(TransitionRow.id)
            .limit(1)
        )
        first = session.execute(statement).one_or_none()
        if first is None:  # the filters exclude all, or an editor hid the story
            session.delete(each)
        else:
            retries.append(transition_from_row(*first))
    return retries


def _block_story(
    session: Session,
    webhook: int,
    transition: StoryTransition,
    outcome: DeliveryOutcome,
    *,
    now: datetime,
    policy: RetryPolicy,
    jitter: float,
) -> None:
    """Block a story at its failed transition and schedule the next attempt."""
    key = (webhook, transition.story_id)
    blocked = session.get(WebhookBlockedStoryRow, key) or WebhookBlockedStoryRow(
        webhook_id=webhook, story_id=transition.story_id, attempts=0, failing_since=now
    )
    blocked.next_transition_id, blocked.error = transition.id, outcome.error
    blocked.attempts += 1
    blocked.next_attempt_at = now + policy.delay(blocked.attempts, jitter)
    session.add(blocked)


def _unblock_stories(
    session: Session, row: WebhookRow, delivered: list[StoryTransition], now: datetime
) -> None:
    """After a successful retry, continue with the story's next transition or unblock the story."""
    for transition in delivered:
        blocked = session.get(WebhookBlockedStoryRow, (row.id, transition.story_id))
        if blocked is None:
            continue
        blocked.next_transition_id = transition.id + 1
        blocked.attempts, blocked.next_attempt_at = 0, now
        blocked.failing_since, blocked.error = now, None
    session.flush()
    has_later = exists().where(
        TransitionRow.story_id == WebhookBlockedStoryRow.story_id,
        TransitionRow.id >= WebhookBlockedStoryRow.next_transition_id,
        TransitionRow.id <= row.last_delivered_id,
    )
    stories = [transition.story_id for transition in delivered]
    session.execute(
        delete(WebhookBlockedStoryRow)
        .where(
            WebhookBlockedStoryRow.webhook_id == row.id,
            WebhookBlockedStoryRow.story_id.in_(stories),
            ~has_later,
        )
        .execution_options(synchronize_session="fetch")
    )
