"""story versions for past states; a table of editor decisions

Versions from before this migration are reconstructed from memberships and transitions. They have no
headline and no counts; views derive these from the members at that time.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MARKS = ("pinned", "hidden", "locked", "renamed")


def upgrade() -> None:
    for mark in MARKS:
        op.add_column(
            "stories", sa.Column(mark, sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    _index_by_rank("pinned", "rank", "id")
    _create_decisions()
    _create_versions()
    _prevent_overlapping_memberships()


def downgrade() -> None:
    op.drop_constraint("one_story_at_an_instant", "memberships")
    op.drop_table("story_versions")
    _drop_decisions()
    _index_by_rank("rank", "id")
    for mark in MARKS:
        op.drop_column("stories", mark)


def _index_by_rank(*columns: str) -> None:
    op.drop_index("ix_stories_rank", table_name="stories")
    op.create_index(
        "ix_stories_rank", "stories", columns, postgresql_where=sa.text("state <> 'merged'")
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "action IN ('merge', 'split', 'move', 'pin', 'hide', 'rename', 'lock')",
            name=op.f("ck_decisions_action_known"),
        ),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)",
            name=op.f("ck_decisions_whoever_undid_is_known"),
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_decisions_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_story_id"), "decisions", ["story_id"])
    op.create_index(
        "ix_decisions_standing", "decisions", ["id"], postgresql_where=sa.text("undone_at IS NULL")
    )
    op.add_column("constraints", sa.Column("decision_id", sa.BigInteger(), nullable=True))
    # One decision per existing constraint. No command wrote constraints before this revision.
    op.execute(
        """
        INSERT INTO decisions
            (id, action, story_id, made_by, made_at, reason, undone_by, undone_at)
        OVERRIDING SYSTEM VALUE
        SELECT id,
               CASE kind WHEN 'must_link' THEN 'merge' WHEN 'cannot_link' THEN 'split' ELSE kind END,
               story_id, made_by, made_at, reason,
               CASE WHEN revoked_at IS NOT NULL THEN coalesce(revoked_by, made_by) END, revoked_at
        FROM constraints
        """
    )
    op.execute("UPDATE constraints SET decision_id = id")
    op.execute(
        "SELECT setval(pg_get_serial_sequence('decisions', 'id'), max(id)) FROM decisions"
        " HAVING max(id) IS NOT NULL"
    )
    op.alter_column("constraints", "decision_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_constraints_decision_id"), "constraints", "decisions", ["decision_id"], ["id"]
    )
    op.create_index(op.f("ix_constraints_decision_id"), "constraints", ["decision_id"])
    for column in ("reason", "made_by", "made_at", "revoked_by"):
        op.drop_column("constraints", column)
    op.add_column("transitions", sa.Column("decision_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_transitions_decision_id"), "transitions", "decisions", ["decision_id"], ["id"]
    )
    op.create_index(op.f("ix_transitions_decision_id"), "transitions", ["decision_id"])


def _drop_decisions() -> None:
    op.drop_column("transitions", "decision_id")
    for column, kind in (
        ("reason", sa.Text()),
        ("made_by", sa.Text()),
        ("made_at", sa.DateTime(timezone=True)),
        ("revoked_by", sa.Text()),
    ):
        op.add_column("constraints", sa.Column(column, kind, nullable=True))
    op.execute(
        """
        UPDATE constraints
        SET reason = made.reason, made_by = made.made_by, made_at = made.made_at,
            revoked_by = made.undone_by
        FROM decisions AS made WHERE made.id = constraints.decision_id
        """
    )
    for column in ("reason", "made_by", "made_at"):
        op.alter_column("constraints", column, nullable=False)
    op.drop_column("constraints", "decision_id")
    op.drop_table("decisions")


def _create_versions() -> None:
    timestamp = sa.DateTime(timezone=True)
    op.create_table(
        "story_versions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("valid_from", timestamp, nullable=False),
        sa.Column("valid_until", timestamp, nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("split_from", sa.Text(), nullable=True),
        sa.Column("storyline_id", sa.Text(), nullable=True),
        sa.Column("storyline_title", sa.Text(), nullable=True),
        sa.Column("slug", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("emerged_at", timestamp, nullable=False),
        sa.Column("changed_at", timestamp, nullable=False),
        sa.Column("headline", sa.Text(), server_default="", nullable=False),
        sa.Column("headline_article_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "keywords", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("first_reported_at", timestamp, nullable=False),
        sa.Column("last_reported_at", timestamp, nullable=False),
        sa.Column("articles", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("coverage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("independent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rank", sa.Double(), server_default=sa.text("0"), nullable=False),
        *(
            sa.Column(mark, sa.Boolean(), server_default=sa.false(), nullable=False)
            for mark in MARKS
        ),
        sa.CheckConstraint(
            "valid_until > valid_from", name=op.f("ck_story_versions_ends_after_start")
        ),
        sa.ForeignKeyConstraint(["id"], ["stories.id"], name=op.f("fk_story_versions_id")),
        sa.PrimaryKeyConstraint("id", "valid_from", name=op.f("pk_story_versions")),
    )
    _fill_versions()
    op.create_index(
        "uq_story_versions_open",
        "story_versions",
        ["id"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_index("ix_story_versions_valid_from", "story_versions", ["valid_from"])
    op.create_index(
        "ix_story_versions_period",
        "story_versions",
        [sa.text("tstzrange(valid_from, valid_until)")],
        postgresql_using="gist",
    )


def _fill_versions() -> None:
    """Insert one version per past state of a story; the last version has all current columns."""
    op.execute(
        """
        WITH turns AS (
            SELECT id, emerged_at AS at, 'open' AS state, NULL AS survivor, 0 AS number
            FROM stories
            UNION ALL
            SELECT transitions.story_id, greatest(transitions.at, stories.emerged_at),
                   CASE transitions.kind WHEN 'reopened' THEN 'open' ELSE transitions.kind END,
                   CASE transitions.kind WHEN 'merged' THEN transitions.other_story_id END,
                   transitions.id
            FROM transitions JOIN stories ON stories.id = transitions.story_id
            WHERE transitions.kind IN ('closed', 'reopened')
               OR transitions.kind = 'merged' AND stories.state = 'merged'
        ),
        bounds AS (
            SELECT stories.id,
                   greatest(stories.emerged_at, stories.changed_at, max(turns.at)) AS last
            FROM stories JOIN turns ON turns.id = stories.id
            GROUP BY stories.id
        ),
        spans AS (
            SELECT turns.*, bounds.last,
                   lead(turns.at, 1, bounds.last)
                       OVER (PARTITION BY turns.id ORDER BY turns.at, turns.number) AS until
            FROM turns JOIN bounds ON bounds.id = turns.id
        )
        INSERT INTO story_versions
            (id, valid_from, valid_until, state, merged_into, split_from, emerged_at, changed_at,
             first_reported_at, last_reported_at)
        SELECT stories.id, spans.at, spans.until, spans.state, spans.survivor, stories.split_from,
               stories.emerged_at, spans.at, stories.first_reported_at, stories.last_reported_at
        FROM spans JOIN stories ON stories.id = spans.id
        WHERE spans.until > spans.at
        """
    )
    op.execute(
        """
        INSERT INTO story_versions
            (id, valid_from, merged_into, split_from, storyline_id, storyline_title, slug, state,
             emerged_at, changed_at, headline, headline_article_id, keywords, first_reported_at,
             last_reported_at, articles, coverage, independent, rank)
        SELECT stories.id,
               coalesce((SELECT max(past.valid_until) FROM story_versions AS past
                         WHERE past.id = stories.id), stories.emerged_at),
               merged_into, split_from, storyline_id, storylines.title, slug, state,
               emerged_at, changed_at, headline, headline_article_id, keywords, first_reported_at,
               last_reported_at, articles, coverage, independent, rank
        FROM stories LEFT JOIN storylines ON storylines.id = stories.storyline_id
        """
    )


def _prevent_overlapping_memberships() -> None:
    """Remove overlaps, which a clock that was set back could cause, and forbid them from now on."""
    op.execute(
        """
        WITH ordered AS (
            SELECT id, article_id, valid_from, valid_until,
                   max(valid_until) OVER (PARTITION BY article_id ORDER BY valid_until IS NULL, id
                                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM memberships
        )
        UPDATE memberships
        SET valid_from = greatest(memberships.valid_from, ordered.before),
            valid_until = CASE WHEN memberships.valid_until IS NOT NULL
                               THEN greatest(memberships.valid_until, ordered.before) END
        FROM ordered
        WHERE ordered.id = memberships.id AND ordered.before > ordered.valid_from
        """
    )
    op.execute(
        "ALTER TABLE memberships ADD CONSTRAINT one_story_at_an_instant EXCLUDE USING gist"
        " (int8range(article_id, article_id, '[]') WITH &&,"
        " tstzrange(valid_from, valid_until) WITH &&)"
    )
