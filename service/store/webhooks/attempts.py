"""Log of webhook deliveries: one row for each attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.domain.stories.transitions import StoryTransition
from service.domain.webhooks.retries import DeliveryOutcome
from service.errors import NotFoundError
from service.store.story_views.history import is_visible, select_transitions, transition_from_row
from service.store.tables import TransitionRow, WebhookAttemptRow


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to deliver a change."""

    id: int
    change: int
    at: datetime
    status: int | None  #: None without a response
    error: str | None  #: None if the receiver accepted
    is_redelivery: bool  #: by an operator, after the regular delivery


def record(
    session: Session,
    webhook_id: int,
    outcomes: Mapping[int, DeliveryOutcome],
    *,
    now: datetime,
    is_redelivery: bool = False,
) -> None:
    """Store the outcomes of attempts by transition id."""
    rows = [
        {
            "webhook_id": webhook_id,
            "transition_id": change,
            "at": now,
            "status": outcome.status,
            "error": outcome.error,
            "requested": is_redelivery,
        }
        for change, outcome in outcomes.items()
    ]
    if rows:
        session.execute(insert(WebhookAttemptRow), rows)


def list_attempts(
    session: Session,
    webhook_id: int,
    *,
    before: int | None = None,
    failed: bool | None = None,
    limit: int,
) -> list[Attempt]:
    """Return the attempts of a webhook with ids below `before`, the latest first."""
    row = WebhookAttemptRow
    statement = select(
        row.id, row.transition_id, row.at, row.status, row.error, row.requested
    ).where(row.webhook_id == webhook_id)
    if before is not None:
        statement = statement.where(row.id < before)
    if failed is not None:
        statement = statement.where(row.error.is_not(None) if failed else row.error.is_(None))
    rows = session.execute(statement.order_by(row.id.desc()).limit(limit))
    return [Attempt(*values) for values in rows]


def get_change(session: Session, change: int) -> StoryTransition:
    """Return a change that may be delivered again.

    Raises:
        NotFoundError: there is no such change, or its story is hidden.
    """
    statement = select_transitions().where(TransitionRow.id == change, is_visible())
    values = session.execute(statement).one_or_none()
    if values is None:
        is_hidden = session.get(TransitionRow, change) is not None
        message = f"Change {change} cannot be delivered: an editor hid its story"
        raise NotFoundError("change", str(change), message if is_hidden else None)
    return transition_from_row(*values)
