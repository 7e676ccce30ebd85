"""What webhooks are still to be told: the transitions themselves, and how far each webhook is.

A transition is written with the change that it tells of, and is never removed. So all that is
kept for a webhook is the number up to which it was told, and the stories that it could not be told of.
Each of those waits from one transition on, while the others go ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.webhooks.webhooks import Health, Outcome, after_round, of_different_stories
from service.settings.delivery import WebhookSettings
from service.store.story_views.changes import latest_change
from service.store.story_views.history import StoryTransition, transition_from_row, select_transitions
from service.store.tables import TransitionRow, WebhookBlockedStoryRow, WebhookRow
from service.store.webhooks.event_filter import wanted
from service.store.webhooks.webhooks import health_of, retry_held, write_health


@dataclass(frozen=True, slots=True)
class Round:
    """Changes of different stories, which can be told to a webhook at the same time."""

    webhook: int
    url: str
    secret: bytes
    fresh: tuple[StoryTransition, ...]
    retried: tuple[StoryTransition, ...]  #: the first of what waits, each for another story
    told: int  #: how far the webhook was before
    upto: int  #: how far it is once all of this was tried

    @property
    def changes(self) -> tuple[StoryTransition, ...]:
        """All of them."""
        return self.retried + self.fresh


def due(session: Session, *, now: datetime) -> list[int]:
    """The webhooks that there may be something to tell; two statements."""
    waits = exists().where(
        WebhookBlockedStoryRow.webhook_id == WebhookRow.id, WebhookBlockedStoryRow.next_attempt_at <= now
    )
    statement = (
        select(WebhookRow.id)
        .where(
            WebhookRow.state == "active",
            or_(WebhookRow.next_attempt_at.is_(None), WebhookRow.next_attempt_at <= now),
            or_(WebhookRow.last_delivered_id < latest_change(session), waits),
        )
        .order_by(WebhookRow.id)
    )
    return list(session.scalars(statement))


def next_round(session: Session, webhook_id: int, *, now: datetime, most: int) -> Round | None:
    """What a webhook is to be told now; None if that is nothing.

    Half of it may be what failed before. A webhook whose receiver was down is tried with one
    delivery, of a story that was not tried yet if there is one.
    """
    row = session.get(WebhookRow, webhook_id, with_for_update=True)
    if row is None or row.state != "active" or (row.next_attempt_at or now) > now:
        return None
    probing = row.attempts > 0
    retried = [] if probing else _waiting(session, row, now, max(most // 2, 1))
    told, room = row.last_delivered_id, 1 if probing else max(most - len(retried), 1)
    fresh, upto = _fresh(session, row, room)
    if probing and not fresh:
        retried = _waiting(session, row, now, 1)
    if fresh or retried:
        return Round(
            webhook_id, row.url, row.secret, tuple(fresh), tuple(retried), told=told, upto=upto
        )
    row.last_delivered_id = upto
    return None


def record(
    session: Session,
    done: Round,
    outcomes: Mapping[int, Outcome],
    *,
    now: datetime,
    settings: WebhookSettings,
    jitter: float,
) -> bool:
    """Write what became of a round, by number of the change; False if there is no going on.

    That is so when the webhook was paused or removed, or another process told it the same. What went
    to an address that it has no longer does not count, and is sent to the new one.
    """
    row = session.get(WebhookRow, done.webhook, with_for_update=True)
    if row is None or (row.last_delivered_id, row.url) != (done.told, done.url):
        return False
    row.last_delivered_id = done.upto
    for change in done.changes:
        outcome = outcomes[change.id]
        if outcome.error is not None:
            _hold(session, row.id, change, outcome, now=now, settings=settings, jitter=jitter)
    _move_on(session, row, [each for each in done.retried if outcomes[each.id].error is None], now)
    session.flush()
    tried = list(outcomes.values())
    held = select(func.count()).where(WebhookBlockedStoryRow.webhook_id == row.id)
    before = health_of(row)
    health = after_round(
        before,
        tried,
        held=session.scalar(held) or 0,
        now=now,
        settings=settings,
        jitter=jitter,
    )
    _write(session, row, health, tried, now=now)
    return row.state == "active" and health.retry_at is None


def _write(
    session: Session, row: WebhookRow, health: Health, tried: list[Outcome], *, now: datetime
) -> None:
    was_down, pause_reason = row.attempts > 0, row.pause_reason
    write_health(row, health)
    if row.state == "paused":  # by hand, while the round was under way
        row.pause_reason = pause_reason
    if health.failing_since is None:
        row.last_delivered_at, row.error = now, None
        if was_down:
            retry_held(session, row.id, now=now)
    else:
        row.error = next(each.error for each in reversed(tried) if each.error is not None)
    if health.pause_reason is not None:
        row.state = "paused"


def _fresh(session: Session, row: WebhookRow, most: int) -> tuple[list[StoryTransition], int]:
    """The next changes of stories that nothing waits for, and how far the webhook is with them."""
    horizon = latest_change(session)
    held = exists().where(
        WebhookBlockedStoryRow.webhook_id == row.id, WebhookBlockedStoryRow.story_id == TransitionRow.story_id
    )
    statement = (
        select_transitions()
        .where(
            TransitionRow.id > row.last_delivered_id,
            TransitionRow.id <= horizon,
            ~held,
            *wanted(row),
        )
        .order_by(TransitionRow.id)
        .limit(most + 1)
    )
    found = [transition_from_row(*values) for values in session.execute(statement)]
    count = of_different_stories([each.story_id for each in found], most)
    if count < len(found):
        # Up to the one that has to wait for its turn.
        return found[:count], found[count].id - 1
    return found, horizon


def _waiting(session: Session, row: WebhookRow, now: datetime, most: int) -> list[StoryTransition]:
    """The first change that waits, of each of some stories whose time has come."""
    holds = session.scalars(
        select(WebhookBlockedStoryRow)
        .where(WebhookBlockedStoryRow.webhook_id == row.id, WebhookBlockedStoryRow.next_attempt_at <= now)
        .order_by(WebhookBlockedStoryRow.next_attempt_at, WebhookBlockedStoryRow.story_id)
        .limit(most)
    ).all()
    found = []
    for hold in holds:
        first = _first_waiting(session, row, hold)
        if first is None:  # an editor hid the story
            session.delete(hold)
        else:
            found.append(first)
    return found


def _first_waiting(session: Session, row: WebhookRow, hold: WebhookBlockedStoryRow) -> StoryTransition | None:
    statement = (
        select_transitions()
        .where(
            TransitionRow.story_id == hold.story_id,
            TransitionRow.id >= hold.next_transition_id,
            TransitionRow.id <= row.last_delivered_id,
            *wanted(row),
        )
        .order_by(TransitionRow.id)
        .limit(1)
    )
    found = session.execute(statement).one_or_none()
    return None if found is None else transition_from_row(*found)


def _hold(
    session: Session,
    webhook: int,
    change: StoryTransition,
    outcome: Outcome,
    *,
    now: datetime,
    settings: WebhookSettings,
    jitter: float,
) -> None:
    """Let a story wait with its failed change, and with all that follows."""
    hold = session.get(WebhookBlockedStoryRow, (webhook, change.story_id)) or WebhookBlockedStoryRow(
        webhook_id=webhook, story_id=change.story_id, attempts=0, failing_since=now
    )
    hold.next_transition_id, hold.error = change.id, outcome.error
    hold.attempts += 1
    hold.next_attempt_at = now + settings.pause(hold.attempts, jitter)
    session.add(hold)


def _move_on(session: Session, row: WebhookRow, taken: list[StoryTransition], now: datetime) -> None:
    """Let stories whose change got through go on with their next one, or with the others."""
    for change in taken:
        hold = session.get(WebhookBlockedStoryRow, (row.id, change.story_id))
        if hold is None:
            continue
        hold.next_transition_id, hold.attempts, hold.next_attempt_at = change.id + 1, 0, now
        hold.failing_since, hold.error = now, None
    session.flush()
    later = exists().where(
        TransitionRow.story_id == WebhookBlockedStoryRow.story_id,
        TransitionRow.id >= WebhookBlockedStoryRow.next_transition_id,
        TransitionRow.id <= row.last_delivered_id,
    )
    stories = [change.story_id for change in taken]
    session.execute(
        delete(WebhookBlockedStoryRow)
        .where(WebhookBlockedStoryRow.webhook_id == row.id, WebhookBlockedStoryRow.story_id.in_(stories), ~later)
        .execution_options(synchronize_session="fetch")
    )
