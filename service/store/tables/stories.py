"""Stories, who belongs to them, what happened to them, and what editors decided."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Instant, one_of


class StorylineRow(Base):
    """Stories of one saga; linked, never merged."""

    __tablename__ = "storylines"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    created_at: Mapped[Instant]


class StoryRow(Base):
    """The lasting identity of one event's coverage.

    Headline, keywords, times and counts are derived from the members by the job
    `describe`; they can be made anew at any time.
    """

    __tablename__ = "stories"
    __table_args__ = (
        one_of("state", "open", "closed", "merged"),
        CheckConstraint(
            "(state = 'merged') = (merged_into IS NOT NULL)", name="merged_has_survivor"
        ),
        Index(
            "ix_stories_last_reported_at",
            "last_reported_at",
            postgresql_where=text("state <> 'merged'"),
        ),
        Index("ix_stories_rank", "rank", "id", postgresql_where=text("state <> 'merged'")),
        Index(
            "ix_stories_largest",
            "independent",
            "coverage",
            "last_reported_at",
            "id",
            postgresql_where=text("state <> 'merged'"),
        ),
        Index(
            "ix_stories_undescribed",
            "changed_at",
            postgresql_where=text("described_at IS NULL OR described_at < changed_at"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="open")
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    split_from: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    storyline_id: Mapped[str | None] = mapped_column(ForeignKey("storylines.id"), index=True)
    emerged_at: Mapped[Instant]
    changed_at: Mapped[Instant] = mapped_column(index=True)
    described_at: Mapped[Instant | None]
    headline: Mapped[str] = mapped_column(server_default="")
    headline_article_id: Mapped[int | None] = mapped_column(BigInteger)
    keywords: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    first_reported_at: Mapped[Instant]
    last_reported_at: Mapped[Instant]
    articles: Mapped[int] = mapped_column(server_default=text("0"))
    coverage: Mapped[int] = mapped_column(server_default=text("0"))
    independent: Mapped[int] = mapped_column(server_default=text("0"))
    rank: Mapped[float] = mapped_column(server_default=text("0"))  #: `domain.ranking`


class MembershipRow(Base):
    """An article's stay in a story; an open end means that it is there now."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="ends_after_start"
        ),
        Index(
            "uq_memberships_open",
            "article_id",
            unique=True,
            postgresql_where=text("valid_until IS NULL"),
        ),
        Index("ix_memberships_story_id_valid_from", "story_id", "valid_from"),
        Index("ix_memberships_article_id", "article_id"),
    )

    id: Mapped[Identifier]
    article_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("articles.id"))
    story_id: Mapped[str] = mapped_column(ForeignKey("stories.id"))
    valid_from: Mapped[Instant]
    valid_until: Mapped[Instant | None]
    score: Mapped[float | None]  #: mean pair score with the members; none for a founder
    evidence: Mapped[dict[str, Any]]
    run_id: Mapped[int | None] = mapped_column(BigInteger)


class TransitionRow(Base):
    """Something that happened to a story; rows are only ever added."""

    __tablename__ = "transitions"
    __table_args__ = (
        one_of("kind", "emerged", "grew", "shrank", "merged", "split", "closed", "reopened"),
        one_of("cause", "place", "reconcile", "editor", "age"),
        Index("ix_transitions_story_id_id", "story_id", "id"),
        Index("ix_transitions_at", "at"),
    )

    id: Mapped[Identifier]
    story_id: Mapped[str] = mapped_column(ForeignKey("stories.id"))
    kind: Mapped[str]
    at: Mapped[Instant]
    cause: Mapped[str]
    other_story_id: Mapped[str | None] = mapped_column(ForeignKey("stories.id"))
    article_ids: Mapped[list[int]]
    run_id: Mapped[int | None] = mapped_column(BigInteger)


class ConstraintRow(Base):
    """An editor's decision, obeyed until it is revoked."""

    __tablename__ = "constraints"
    __table_args__ = (
        one_of("kind", "must_link", "cannot_link", "pin", "hide", "rename", "lock"),
        Index("ix_constraints_active", "kind", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Identifier]
    kind: Mapped[str]
    story_id: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("articles.id"), index=True
    )
    other_article_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("articles.id"), index=True
    )
    value: Mapped[str | None]
    reason: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[Instant]
    revoked_by: Mapped[str | None]
    revoked_at: Mapped[Instant | None]
