"""types of articles and outlets, editors' corrections of them, and mentions in round-ups

Stored articles get the type `report`. The job `tidy` classifies the recent ones: the rule needs the
headlines of an outlet from several days, so it is not run here.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TYPES = ("report", "live", "roundup", "opinion", "satire", "sponsored", "media", "series")
ACTIONS = ("merge", "split", "move", "pin", "hide", "rename", "lock")
KINDS = ("must_link", "cannot_link", "pin", "hide", "rename", "lock")
#: Columns of articles with public data, see 0006.
PUBLIC = (
    "url, outlet_id, title, text, author, language, published, claimed_date, date_flag, "
    "first_seen, reported_at, revision"
)


def upgrade() -> None:
    op.add_column(
        "articles", sa.Column("type", sa.Text(), server_default="report", nullable=False)
    )
    op.add_column("articles", sa.Column("corrected_type", sa.Text(), nullable=True))
    op.add_column("outlets", sa.Column("article_type", sa.Text(), nullable=True))
    for table, column in (
        ("articles", "type"),
        ("articles", "corrected_type"),
        ("outlets", "article_type"),
    ):
        _check(table, column, TYPES)
    _record_changes(f"{PUBLIC}, type, corrected_type")
    _replace_check("decisions", "action", (*ACTIONS, "set_type"))
    _replace_check("constraints", "kind", (*KINDS, "set_type"))
    op.create_table(
        "roundup_mentions",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_roundup_mentions_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_roundup_mentions_story_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "story_id", name=op.f("pk_roundup_mentions")),
    )
    op.create_index("ix_roundup_mentions_story_id", "roundup_mentions", ["story_id"])
    op.execute(
        "CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
        "ON roundup_mentions FOR EACH STATEMENT EXECUTE FUNCTION record_change()"
    )


def downgrade() -> None:
    """Corrections of types are deleted."""
    op.drop_table("roundup_mentions")
    op.execute("DELETE FROM constraints WHERE kind = 'set_type'")
    op.execute("DELETE FROM decisions WHERE action = 'set_type'")
    # Fire deferred triggers now: tables with pending triggers cannot be altered.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("SET CONSTRAINTS ALL DEFERRED")
    _replace_check("constraints", "kind", KINDS)
    _replace_check("decisions", "action", ACTIONS)
    _record_changes(PUBLIC)
    op.drop_column("outlets", "article_type")
    op.drop_column("articles", "corrected_type")
    op.drop_column("articles", "type")


def _record_changes(columns: str) -> None:
    """Create the trigger of public changes of articles again, for these columns."""
    op.execute("DROP TRIGGER record_change ON articles")
    op.execute(
        f"CREATE TRIGGER record_change AFTER INSERT OR UPDATE OF {columns} OR DELETE OR TRUNCATE "
        "ON articles FOR EACH STATEMENT EXECUTE FUNCTION record_change()"
    )


def _replace_check(table: str, column: str, values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}_valid"), table, type_="check")
    _check(table, column, values)


def _check(table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(
        op.f(f"ck_{table}_{column}_valid"), table, f"{column} IN ({listed})"
    )
