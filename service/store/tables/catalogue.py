"""Publisher families, outlets, feeds and fetches."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.domain.articles.article_types import ArticleType
from service.store.tables.base import Base, Identifier, Timestamp, one_of


class FamilyRow(Base):
    """A publisher family: the owner of one or more outlets."""

    __tablename__ = "families"

    slug: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class OutletRow(Base):
    """An outlet: one brand of a publisher."""

    __tablename__ = "outlets"
    __table_args__ = (
        CheckConstraint(
            "(edited_at IS NULL) = (configured_values IS NULL)",
            name="edited_at_and_configured_values_set_together",
        ),
        one_of("article_type", *ArticleType),
    )

    id: Mapped[Identifier]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str | None]  #: ISO 3166-1 alpha-2
    language: Mapped[str | None]  #: ISO 639-1
    family: Mapped[str] = mapped_column(ForeignKey("families.slug"), index=True)
    agency: Mapped[bool] = mapped_column(server_default=text("false"))
    article_type: Mapped[str | None]  #: usual type of its articles; NULL for an ordinary outlet
    sites: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))  #: host[/path] prefixes
    edited_at: Mapped[Timestamp | None]  #: by an admin; NULL without edits
    #: Configured values of the fields that an admin edited; NULL without edits.
    configured_values: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class FeedRow(Base):
    """One feed URL of an outlet, with its fetch schedule and HTTP validators."""

    __tablename__ = "feeds"
    __table_args__ = (
        one_of("status", "active", "paused", "retired"),
        CheckConstraint(
            "(redirect_url IS NULL) = (redirect_since IS NULL)",
            name="redirect_url_and_redirect_since_set_together",
        ),
        CheckConstraint("interval_minutes > 0", name="interval_minutes_positive"),
        Index("ix_feeds_due", "next_fetch_at", postgresql_where=text("status = 'active'")),
    )

    id: Mapped[Identifier]
    url: Mapped[str] = mapped_column(unique=True)
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"), index=True)
    title: Mapped[str]
    site_url: Mapped[str | None]
    language: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="active")
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    next_fetch_at: Mapped[Timestamp]
    last_fetched_at: Mapped[Timestamp | None]
    last_success_at: Mapped[Timestamp | None]
    error_count: Mapped[int] = mapped_column(server_default=text("0"))  #: consecutive
    error_kind: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[Timestamp]
    redirect_url: Mapped[str | None]  #: target of a permanent redirect that is not adopted yet
    redirect_since: Mapped[Timestamp | None]  #: time of the first fetch that followed it
    folders: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))  #: in OPML lists
    categories: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))  #: in OPML lists
    # Overrides of the operator, NULL without one; see `domain.catalogue.feed_overrides`.
    charset: Mapped[str | None]
    fetch_url: Mapped[str | None]
    user_agent: Mapped[str | None]
    interval_minutes: Mapped[float | None]
    full_text: Mapped[bool] = mapped_column(server_default=text("false"))  #: read article pages


class FeedMoveRow(Base):
    """One move of a feed to another URL after a permanent redirect."""

    __tablename__ = "feed_moves"

    id: Mapped[Identifier]
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"), index=True)
    at: Mapped[Timestamp]
    old_url: Mapped[str]
    new_url: Mapped[str]
    retired: Mapped[bool]  #: another feed had the new URL, so this one was retired
    undone_at: Mapped[Timestamp | None]


class FetchRow(Base):
    """One request for a feed, with its outcome."""

    __tablename__ = "fetches"
    __table_args__ = (
        one_of("outcome", "ok", "not_modified", "failed"),
        Index("ix_fetches_feed_id_at", "feed_id", "at"),
        Index("ix_fetches_at", "at"),
    )

    id: Mapped[Identifier]
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Timestamp]
    elapsed: Mapped[float]  #: seconds
    outcome: Mapped[str]
    http_status: Mapped[int | None]
    received: Mapped[int]  #: bytes on the wire
    entries: Mapped[int]
    admitted: Mapped[int]  #: new articles
    revised: Mapped[int]
    rejected: Mapped[int]
    error_kind: Mapped[str | None]
    error: Mapped[str | None]
    warnings: Mapped[list[str]]
