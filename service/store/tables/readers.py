"""Subscribers of the digest, its issues, and each attempt to deliver one."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
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


#: One subscription per address, however it is capitalised.
Index("uq_subscribers_address", func.lower(SubscriberRow.address), unique=True)


class IssueRow(Base):
    """One edition of the digest for one subscriber; at most one a local day."""

    __tablename__ = "issues"
    __table_args__ = (UniqueConstraint("subscriber_id", "local_date"),)

    id: Mapped[Identifier]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    local_date: Mapped[date]
    made_at: Mapped[Instant]
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    subject: Mapped[str]
    content: Mapped[dict[str, Any]]


class DeliveryRow(Base):
    """One attempt to hand an issue to the mail server."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", "sending", "sent", "deferred", "refused"),
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
