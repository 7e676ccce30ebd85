"""Webhooks, and stories of which one of them could not be told."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Instant, one_of


class WebhookRow(Base):
    """Somebody who is told of transitions, up to the one looked at last."""

    __tablename__ = "webhooks"
    __table_args__ = (one_of("state", "active", "paused"),)

    id: Mapped[Identifier]
    url: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(server_default="active")
    last_delivered_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[Instant | None]
    error: Mapped[str | None]
    created_at: Mapped[Instant]
    kinds: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    min_coverage: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[Instant | None]
    last_delivered_at: Mapped[Instant | None]
    pause_reason: Mapped[str | None]


class WebhookBlockedStoryRow(Base):
    """A story of which a webhook could not be told: what it waits for, from one transition on.

    Gone as soon as the webhook has been told of all that happened to the story up to its own
    `last_delivered_id`.
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
    next_attempt_at: Mapped[Instant]
    failing_since: Mapped[Instant]
    error: Mapped[str | None]
