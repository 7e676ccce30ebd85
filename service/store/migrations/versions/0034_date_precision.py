"""precision of publication dates; the date flag `vague`

Stored dates at midnight UTC become dates that are known to the day. Their `reported_at` stays, so
that stored stories keep their order. The trigger of public changes needs no new column: a new
precision comes with a new `published` or `reported_at`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

FLAGS = ("ok", "missing", "future", "ancient", "unparsable")


def upgrade() -> None:
    # A constant default rewrites no row; the update touches only rows at midnight.
    op.add_column(
        "articles", sa.Column("date_precision", sa.Text(), server_default="minute", nullable=False)
    )
    op.execute(
        "UPDATE articles SET date_precision = 'day' "
        "WHERE (published AT TIME ZONE 'UTC')::time = time '00:00'"
    )
    _check("date_precision", ("minute", "day"))
    _replace_flags((*FLAGS, "vague"))


def downgrade() -> None:
    op.execute("UPDATE articles SET date_flag = 'unparsable' WHERE date_flag = 'vague'")
    # Fire deferred triggers now: tables with pending triggers cannot be altered.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("SET CONSTRAINTS ALL DEFERRED")
    _replace_flags(FLAGS)
    op.drop_column("articles", "date_precision")


def _replace_flags(flags: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_articles_date_flag_valid"), "articles", type_="check")
    _check("date_flag", flags)


def _check(column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(
        op.f(f"ck_articles_{column}_valid"), "articles", f"{column} IN ({listed})"
    )
