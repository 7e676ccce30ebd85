"""Subscribers, alerts, editions (digests and alert emails), delivery attempts, link keys."""

from datetime import date
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Timestamp, one_of


class SubscriberRow(Base):
    """A subscriber of the digest."""

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
    created_at: Mapped[Timestamp]
    confirmed_at: Mapped[Timestamp | None]
    schedule_since: Mapped[Timestamp]  #: no edition is due before this time
    stop_reason: Mapped[str | None]
    request_number: Mapped[int] = mapped_column(
        Integer, server_default=text("1")
    )  #: of the latest request; only its confirmation link is valid
    #: Time of the latest confirmation email that the page /subscribe sent.
    confirmation_requested_at: Mapped[Timestamp | None]


#: Addresses are unique, ignoring case.
Index("uq_subscribers_address", func.lower(SubscriberRow.address), unique=True)


class SuppressedAddressRow(Base):
    """An address that must get no emails, by the hash of its lower-case form.

    The row stays when its subscriber is removed.
    """

    __tablename__ = "suppressed_addresses"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    reason: Mapped[str]
    since: Mapped[Timestamp]


class AlertRow(Base):
    """Conditions on stories, or a saved query, of a subscriber (`store.subscribers.alerts`)."""

    __tablename__ = "alerts"

    id: Mapped[Identifier]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    conditions: Mapped[dict[str, Any]] = mapped_column("query")
    query_id: Mapped[str | None] = mapped_column(ForeignKey("saved_queries.id"), index=True)
    created_at: Mapped[Timestamp]
    stopped_at: Mapped[Timestamp | None]


#: Stopped alerts stay in the table, because sent alert emails refer to them.
Index("ix_alerts_active", AlertRow.subscriber_id, postgresql_where=AlertRow.stopped_at.is_(None))


class EditionRow(Base):
    """An email in the outbox: a digest, at most one per local date, or an alert email.

    The state is `waiting` until it is sent. A day without news has an `empty` digest, which is not
    sent. An alert email above the hourly limit is `deferred`: the next digest includes it.
    """

    __tablename__ = "editions"
    __table_args__ = (
        one_of("kind", "digest", "alert"),
        one_of("state", "waiting", "sent", "empty", "refused", "expired", "deferred"),
        Index(
            "uq_editions_subscriber_id_local_date",
            "subscriber_id",
            "local_date",
            unique=True,
            postgresql_where=text("kind = 'digest'"),
        ),
        Index(
            "uq_editions_alert",
            "subscriber_id",
            "story_id",
            "independent_coverage",
            unique=True,
            postgresql_where=text("kind = 'alert'"),
        ),
        Index("ix_editions_waiting", "next_attempt_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_editions_created_at", "created_at"),
        Index("ix_editions_subscriber_id_created_at", "subscriber_id", "created_at"),
    )

    id: Mapped[Identifier]
    kind: Mapped[str] = mapped_column(server_default="digest")
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    local_date: Mapped[date]
    due_at: Mapped[Timestamp]  #: scheduled time of delivery
    created_at: Mapped[Timestamp]
    state: Mapped[str] = mapped_column(server_default="waiting")
    next_attempt_at: Mapped[Timestamp | None]
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    subject: Mapped[str]
    content: Mapped[dict[str, Any]]
    cards: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    bytes: Mapped[int | None]  #: size of the sent email
    sent_at: Mapped[Timestamp | None]
    story_id: Mapped[str | None]  #: of an alert email
    independent_coverage: Mapped[int | None]  #: of the story, as an alert email reports it
    deferred_to: Mapped[int | None] = mapped_column(
        ForeignKey("editions.id", ondelete="SET NULL"), index=True
    )


class DeliveryRow(Base):
    """One attempt to pass an edition to the mail server.

    The state is `sending` until the end of the email is transmitted, then `ending` until the server
    replies. It is `doubtful` if the server never replied. Until `claimed_until` only the owner may
    send the email (`store.database.claims`).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", "sending", "ending", "sent", "deferred", "refused", "doubtful"),
        UniqueConstraint("edition_id", "attempt"),
        # At most one attempt of an edition is in progress.
        Index(
            "uq_deliveries_open",
            "edition_id",
            unique=True,
            postgresql_where=text("state IN ('sending', 'ending')"),
        ),
    )

    id: Mapped[Identifier]
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    message_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[Timestamp]
    smtp_code: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None]
    owner: Mapped[str | None]
    claimed_until: Mapped[Timestamp | None]


class LinkKeyRow(Base):
    """Signing key of links in emails, created at its first use."""

    __tablename__ = "link_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Timestamp]
