"""saved queries

A saved query has a stable id. Webhooks and alerts may refer to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_queries",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("q", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    for table in ("webhooks", "alerts"):
        op.add_column(table, sa.Column("query_id", sa.Text()))
        op.create_foreign_key(
            f"fk_{table}_query_id_saved_queries", table, "saved_queries", ["query_id"], ["id"]
        )
        op.create_index(f"ix_{table}_query_id", table, ["query_id"])


def downgrade() -> None:
    for table in ("webhooks", "alerts"):
        op.drop_index(f"ix_{table}_query_id", table)
        op.drop_constraint(f"fk_{table}_query_id_saved_queries", table)
        op.drop_column(table, "query_id")
    op.drop_table("saved_queries")
