"""Emails that were not sent: list them with the last error, and send them again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.errors import BadInputError, NotFoundError
from service.store.subscribers.deliveries import is_withdrawn
from service.store.tables import DeliveryRow, EditionRow, SubscriberRow

#: States of emails that were not sent. Expired ones are too late to be sent again.
UNSENT, RETRIED = ("waiting", "refused", "expired"), ("waiting", "refused")


@dataclass(frozen=True, slots=True)
class UnsentEmail:
    """An email that was not sent, with the error of its last attempt."""

    id: int
    kind: str
    address: str
    subscriber_state: str
    subject: str
    state: str
    due_at: datetime
    next_attempt_at: datetime | None
    attempts: int
    error: str | None

    @property
    def can_retry(self) -> bool:
        """Whether another attempt is possible."""
        return self.subscriber_state == "active" and self.state in RETRIED


def list_unsent(session: Session, *, since: datetime, limit: int) -> list[UnsentEmail]:
    """Unsent emails that are due since `since`, latest first; one statement.

    Withdrawn emails are left out.
    """
    last = (
        select(DeliveryRow.edition_id, DeliveryRow.attempt, DeliveryRow.error)
        .ext(distinct_on(DeliveryRow.edition_id))
        .order_by(DeliveryRow.edition_id, DeliveryRow.attempt.desc())
        .subquery()
    )
    statement = (
        select(
            EditionRow.id,
            EditionRow.kind,
            SubscriberRow.address,
            SubscriberRow.state,
            EditionRow.subject,
            EditionRow.state,
            EditionRow.due_at,
            EditionRow.next_attempt_at,
            func.coalesce(last.c.attempt, 0),
            last.c.error,
        )
        .join(SubscriberRow, SubscriberRow.id == EditionRow.subscriber_id)
        .outerjoin(last, last.c.edition_id == EditionRow.id)
        .where(EditionRow.state.in_(UNSENT), EditionRow.due_at >= since, ~is_withdrawn())
        .order_by(EditionRow.id.desc())
        .limit(limit)
    )
    return [UnsentEmail(*row) for row in session.execute(statement)]


def retry(session: Session, edition_id: int, *, now: datetime) -> None:
    """Make an unsent email due now; the next run of its job sends it.

    Raises:
        NotFoundError: there is no email with this id.
        BadInputError: the email was sent or expired, or its subscriber gets no emails.
    """
    row = session.get(EditionRow, edition_id, with_for_update={"key_share": True})
    if row is None:
        raise NotFoundError("email", edition_id)
    if row.state not in RETRIED:
        raise BadInputError(
            f"Email {edition_id} is {row.state}; only waiting and refused emails can be sent again"
        )
    subscriber = session.get_one(SubscriberRow, row.subscriber_id)
    if subscriber.state != "active":
        raise BadInputError(
            f"The subscriber of email {edition_id} is {subscriber.state} and gets no emails; "
            "activate the subscriber first"
        )
    row.state, row.next_attempt_at = "waiting", now
    session.flush()
