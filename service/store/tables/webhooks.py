"""Webhooks, the stories whose deliveries are blocked by a failure, and the log of attempts."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Timestamp, one_of


class WebhookRow(Base):
    """A receiver of transitions, up to `last_delivered_id`.

    Until `claimed_until`, only the owner sends its next batch (`store.database.claims`).
    """

    __tablename__ = "webhooks"
    __table_args__ = (one_of("state", "active", "paused"),)

    id: Mapped[Identifier]
    url: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default="active")
    last_delivered_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[Timestamp | None]
    error: Mapped[str | None]
    created_at: Mapped[Timestamp]
    kinds: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    min_coverage: Mapped[int] = mapped_column(server_default=text("0"))
    query_id: Mapped[str | None] = mapped_column(ForeignKey("saved_queries.id"), index=True)
    failing_since: Mapped[Timestamp | None]
    last_delivered_at: Mapped[Timestamp | None]
    pause_reason: Mapped[str | None]
    owner: Mapped[str | None]
    claimed_until: Mapped[Timestamp | None]


class WebhookBlockedStoryRow(Base):
    """A story whose delivery failed: its transitions from `next_transition_id` on wait.

    The row is deleted when all transitions of the story up to the webhook's `last_delivered_id` are
    delivered.
    """

    __tablename__ = "webhook_blocked_stories"
    __table_args__ = (
        Index(
            "ix_webhook_blocked_stories_webhook_id_next_attempt_at", "webhook_id", "next_attempt_at"
        ),
    )

    webhook_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True
    )
    story_id: Mapped[str] = mapped_column(ForeignKey("stories.id"), primary_key=True)
    next_transition_id: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int]
    next_attempt_at: Mapped[Timestamp]
    failing_since: Mapped[Timestamp]
    error: Mapped[str | None]


class WebhookAttemptRow(Base):
    """An attempt to deliver a transition; `tidy` deletes old ones."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_webhook_id_id", "webhook_id", "id"),)

    id: Mapped[Identifier]
    webhook_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("webhooks.id", ondelete="CASCADE")
    )
    transition_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Timestamp] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(SmallInteger)  #: None without a response
    error: Mapped[str | None]  #: None if the receiver accepted
    requested: Mapped[bool] = mapped_column(server_default=text("false"))  #: by an operator
