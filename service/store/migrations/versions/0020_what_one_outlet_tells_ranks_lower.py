"""a story that one outlet alone tells ranks as if it were a day older

`domain.ranking` since: what is stored follows, of the present and the past, so that one order holds
for all of them; also where a description of long ago does not tell the parts of a rank.
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
    # The change is counted now: tables with triggers that still wait cannot be altered by another.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("SET CONSTRAINTS ALL DEFERRED")


def upgrade() -> None:
    _move(-24)


def downgrade() -> None:
    _move(24)
