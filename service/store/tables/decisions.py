"""Decisions of editors, and the constraints that result from them."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Timestamp, one_of


class DecisionRow(Base):
    """One decision of an editor; it is active until it is undone."""

    __tablename__ = "decisions"
    __table_args__ = (
        one_of("action", "merge", "split", "move", "pin", "hide", "rename", "lock", "set_type"),
        CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by_and_at_set_together"
        ),
        Index("ix_decisions_active", "id", postgresql_where=text("undone_at IS NULL")),
    )

    id: Mapped[Identifier]
    action: Mapped[str]
    story_id: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    made_by: Mapped[str]
    made_at: Mapped[Timestamp]  #: also the timestamp of all changes by this decision
    reason: Mapped[str]
    undone_by: Mapped[str | None]
    undone_at: Mapped[Timestamp | None]
    undone_reason: Mapped[str | None]


class ReviewRow(Base):
    """An editor's answer at the desk that changes nothing, so that the question is not repeated."""

    __tablename__ = "reviews"
    __table_args__ = (
        one_of("kind", "membership", "merge", "split"),
        UniqueConstraint("kind", "subject"),
    )

    id: Mapped[Identifier]
    kind: Mapped[str]
    subject: Mapped[str]  #: `domain.editing.questions.Question.subject`
    made_by: Mapped[str]
    made_at: Mapped[Timestamp]


class ConstraintRow(Base):
    """A constraint that later job runs must satisfy, until it is revoked."""

    __tablename__ = "constraints"
    __table_args__ = (
        one_of("kind", "must_link", "cannot_link", "pin", "hide", "rename", "lock", "set_type"),
        Index("ix_constraints_active", "kind", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Identifier]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), index=True)
    kind: Mapped[str]
    story_id: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("articles.id"), index=True
    )
    other_article_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("articles.id"), index=True
    )
    value: Mapped[str | None]
    revoked_at: Mapped[Timestamp | None]
