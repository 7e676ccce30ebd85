"""Subscribers of the digest, its issues, each attempt to deliver one, and secrets for links."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Instant, one_of


class SubscriberRow(Base):
    """Somebody who gets the digest."""

    __tablename__ = "subscribers"
    __table_args__ = (one_of("state", "pending", "active", "stopped", "bounced"),)

    id: Mapped[Identifier]
    address: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="pending")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    hour: Mapped[int] = mapped_column(SmallInteger, server_default=text("7"))
    days: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("'{1,2,3,4,5,6,7}'")
    )  #: ISO weekdays
    language: Mapped[str] = mapped_column(server_default="en")
    preferences: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[Instant]
    confirmed_at: Mapped[Instant | None]
    rhythm_since: Mapped[Instant]  #: no issue is due from before it
    stopped_because: Mapped[str | None]


#: One subscription per address, however it is capitalised.
Index("uq_subscribers_address", func.lower(SubscriberRow.address), unique=True)


class IssueRow(Base):
    """One edition of the digest for one subscriber; at most one a local day.

    `waiting` until it is sent; a day without news has an `empty` one, which is not sent.
    """

    __tablename__ = "issues"
    __table_args__ = (
        one_of("state", "waiting", "sent", "empty", "refused", "expired"),
        UniqueConstraint("subscriber_id", "local_date"),
        Index("ix_issues_waiting", "next_attempt_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Identifier]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    local_date: Mapped[date]
    due_at: Mapped[Instant]  #: for when it was meant
    made_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(server_default="waiting")
    next_attempt_at: Mapped[Instant | None]
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    subject: Mapped[str]
    content: Mapped[dict[str, Any]]


class DeliveryRow(Base):
    """One attempt to hand an issue to the mail server.

    `sending` until all but the end of the email is handed over, then `ending` until the server
    has answered; `doubtful` if it never did.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", "sending", "ending", "sent", "deferred", "refused", "doubtful"),
        UniqueConstraint("issue_id", "attempt"),
    )

    id: Mapped[Identifier]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    message_id: Mapped[str]
    at: Mapped[Instant]
    smtp_code: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None]


class SecretRow(Base):
    """A key that links are signed with, made when it is first needed."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[Instant]
