"""Stories, storylines, memberships, transitions and story versions."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, TextClause, false, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Timestamp, one_of


class StorylineRow(Base):
    """Related stories of one long-running subject; linked, never merged."""

    __tablename__ = "storylines"
    __table_args__ = (Index("ix_storylines_created_at_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    created_at: Mapped[Timestamp]


class StoryFacts:
    """Columns that a story and its versions share, except references to other stories.

    The job `describe` derives headline, keywords, times and counts from the members.
    `apply_plan.refresh_derived` derives languages from the members, and the marks of editors from
    the active decisions. All columns can be computed again at any time. A new column here is also
    stored in `story_versions`.
    """

    slug: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="open")
    emerged_at: Mapped[Timestamp]
    changed_at: Mapped[Timestamp]
    headline: Mapped[str] = mapped_column(server_default="")
    headline_article_id: Mapped[int | None] = mapped_column(BigInteger)
    keywords: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    languages: Mapped[list[str]] = mapped_column(
        server_default=text("'{}'")
    )  #: `store.stories.languages`
    first_reported_at: Mapped[Timestamp]
    last_reported_at: Mapped[Timestamp]
    articles: Mapped[int] = mapped_column(server_default=text("0"))
    coverage: Mapped[int] = mapped_column(server_default=text("0"))
    independent: Mapped[int] = mapped_column(server_default=text("0"))
    rank: Mapped[float] = mapped_column(server_default=text("0"))  #: `domain.stories.ranking`
    details: Mapped[dict[str, Any]] = mapped_column(
        server_default=text("'{}'")
    )  #: `store.stories.details`
    pinned: Mapped[bool] = mapped_column(
        server_default=false()
    )  #: before other stories in the order by rank
    hidden: Mapped[bool] = mapped_column(server_default=false())  #: absent from all lists and pages
    locked: Mapped[bool] = mapped_column(server_default=false())  #: jobs do not change its members
    renamed: Mapped[bool] = mapped_column(server_default=false())  #: the headline is an editor's


class StoryRow(StoryFacts, Base):
    """Coverage of one event, in its current state."""

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
        Index(
            "ix_stories_rank", "pinned", "rank", "id", postgresql_where=text("state <> 'merged'")
        ),
        Index(
            "ix_stories_largest",
            "independent",
            "coverage",
            "last_reported_at",
            "id",
            postgresql_where=text("state <> 'merged'"),
        ),
        Index(
            "ix_stories_fastest",
            text("story_speed(details)"),
            "last_reported_at",
            "id",
            postgresql_where=text("state <> 'merged'"),
        ),
        Index(
            "ix_stories_keywords",
            text("keyword_document(keywords, languages)"),
            postgresql_using="gin",
        ),
        Index("ix_stories_languages", "languages", postgresql_using="gin"),
        Index(
            "ix_stories_names", text("name_document(details, languages)"), postgresql_using="gin"
        ),
        Index(
            "ix_stories_document",
            text("story_document(headline, keywords, languages)"),
            postgresql_using="gin",
        ),
        Index("ix_stories_hidden", "id", postgresql_where=text("hidden")),
        Index("ix_stories_changed_at", "changed_at"),
        Index(
            "ix_stories_undescribed",
            "changed_at",
            postgresql_where=text("described_at IS NULL OR described_at < changed_at"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    split_from: Mapped[str | None] = mapped_column(ForeignKey("stories.id"), index=True)
    storyline_id: Mapped[str | None] = mapped_column(ForeignKey("storylines.id"), index=True)
    described_at: Mapped[Timestamp | None]


_END = text("coalesce(valid_until, 'infinity'::timestamptz)")


def _order(name: str, *keys: str | TextClause) -> Index:
    """Build the index of a sort order of story versions."""
    where = text("state <> 'merged'")
    return Index(f"ix_story_versions_{name}", *keys, "valid_from", _END, postgresql_where=where)


class StoryVersionRow(StoryFacts, Base):
    """State of a story in a period of time; `valid_until` is NULL for the current state.

    `store.stories.versions` adds a version whenever a story's row changes. Storylines can be
    deleted, so the title of the storyline is stored, too.
    """

    __tablename__ = "story_versions"
    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="ends_after_start"),
        Index(
            "uq_story_versions_open",
            "id",
            unique=True,
            postgresql_where=text("valid_until IS NULL"),
        ),
        Index("ix_story_versions_period", "valid_from", _END),
        # Keys of a sort order, then the period: entries of other times are skipped in the index.
        _order("rank", "pinned", "rank", "id"),
        _order("newest", "last_reported_at", "id"),
        _order("largest", "independent", "coverage", "last_reported_at", "id"),
        _order("fastest", text("story_speed(details)"), "last_reported_at", "id"),
        Index(
            "ix_story_versions_keywords",
            text("keyword_document(keywords, languages)"),
            postgresql_using="gin",
        ),
        Index("ix_story_versions_languages", "languages", postgresql_using="gin"),
        Index(
            "ix_story_versions_names",
            text("name_document(details, languages)"),
            postgresql_using="gin",
        ),
        Index(
            "ix_story_versions_storyline_id",
            "storyline_id",
            "valid_from",
            postgresql_where=text("storyline_id IS NOT NULL"),
        ),
        # Upper bound of how far a version's sort key can be ahead of `valid_from`.
        Index("ix_story_versions_reports_ahead", text("(last_reported_at - valid_from)")),
        Index("ix_story_versions_rank_ahead", text("(rank - hours_of(valid_from))")),
        Index(
            "ix_story_versions_split_from",
            "split_from",
            postgresql_where=text("split_from IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(ForeignKey("stories.id"), primary_key=True)
    valid_from: Mapped[Timestamp] = mapped_column(primary_key=True)
    valid_until: Mapped[Timestamp | None]
    merged_into: Mapped[str | None]
    split_from: Mapped[str | None]
    storyline_id: Mapped[str | None]
    storyline_title: Mapped[str | None]


class MembershipRow(Base):
    """Membership of an article in a story; `valid_until` is NULL for the current one."""

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
        # A range of one id: GiST supports equality of ids only with another extension.
        ExcludeConstraint(
            (text("int8range(article_id, article_id, '[]')"), "&&"),
            (text("tstzrange(valid_from, valid_until)"), "&&"),
            name="one_story_at_an_instant",
            using="gist",
        ),
        Index("ix_memberships_story_id_valid_from", "story_id", "valid_from"),
        Index("ix_memberships_article_id", "article_id"),
    )

    id: Mapped[Identifier]
    article_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("articles.id"))
    story_id: Mapped[str] = mapped_column(ForeignKey("stories.id"))
    valid_from: Mapped[Timestamp]
    valid_until: Mapped[Timestamp | None]
    score: Mapped[float | None]  #: mean probability with the members; NULL for the first article
    evidence: Mapped[dict[str, Any]]
    run_id: Mapped[int | None] = mapped_column(BigInteger)


class StoryAbsenceRow(Base):
    """The usual values that a story lacks (`domain.stories.missing_coverage`), best first.

    The job `describe` writes it twelve hours after the first report, and after each later change.
    """

    __tablename__ = "story_absences"
    __table_args__ = (Index("ix_story_absences_outlets", "outlets", postgresql_using="gin"),)

    story_id: Mapped[str] = mapped_column(
        ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True
    )
    story_changed_at: Mapped[Timestamp]  #: `changed_at` of the story that was compared
    outlets: Mapped[list[str]]  #: slugs
    families: Mapped[list[str]]  #: slugs
    countries: Mapped[list[str]]
    languages: Mapped[list[str]]


class TransitionRow(Base):
    """An event in the history of a story; rows are never changed."""

    __tablename__ = "transitions"
    __table_args__ = (
        one_of(
            "kind",
            *("emerged", "grew", "shrank", "merged", "split", "closed", "reopened"),
            *("renamed", "hidden", "shown"),
        ),
        one_of("cause", "place", "reconcile", "editor", "age"),
        Index("ix_transitions_story_id_id", "story_id", "id"),
        Index("ix_transitions_at", "at"),
    )

    id: Mapped[Identifier]
    story_id: Mapped[str] = mapped_column(ForeignKey("stories.id"))
    kind: Mapped[str]
    at: Mapped[Timestamp]
    cause: Mapped[str]
    other_story_id: Mapped[str | None] = mapped_column(ForeignKey("stories.id"))
    article_ids: Mapped[list[int]]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(BigInteger)


class SurroundingsRow(Base):
    """A story among the other latest stories; the job `link` replaces all rows."""

    __tablename__ = "story_surroundings"

    story_id: Mapped[str] = mapped_column(
        ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True
    )
    x: Mapped[float | None]  #: place on the map, 0 to 1 from the left; NULL beside the map
    y: Mapped[float | None]  #: 0 to 1 from the top
    absent_outlets: Mapped[list[str]] = mapped_column(
        server_default=text("'{}'")
    )  #: slugs; see `domain.stories.missing_coverage.find_missing`
