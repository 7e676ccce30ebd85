"""rank stories of a single outlet as if they were a day older

Stored ranks follow the new rule of `domain.stories.ranking`, in current stories and in versions, so
that their order is consistent. This includes stories whose details lack the parts of the rank.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOVED = """
UPDATE {table} SET
    rank = rank + {hours},
    details = coalesce(jsonb_set(
        details, '{{rank,coverage}}', to_jsonb((details #>> '{{rank,coverage}}')::float + {hours})
    ), details)
WHERE independent <= 1 AND rank <> 0
"""


def _move(hours: int) -> None:
    for table in ("stories", "story_versions"):
        op.execute(MOVED.format(table=table, hours=hours))
    # Fire deferred triggers now: a later migration cannot alter a table with pending triggers.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("SET CONSTRAINTS ALL DEFERRED")


def upgrade() -> None:
    _move(-24)


def downgrade() -> None:
    _move(24)
