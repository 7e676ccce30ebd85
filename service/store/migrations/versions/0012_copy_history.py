"""validity periods of copies"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("copies", "found_at", new_column_name="valid_from")
    op.add_column("copies", sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("pk_copies", "copies", type_="primary")
    op.create_primary_key("pk_copies", "copies", ["article_id", "valid_from"])
    op.create_check_constraint("ck_copies_ends_after_start", "copies", "valid_until > valid_from")
    op.create_index(
        "uq_copies_open",
        "copies",
        ["article_id"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_index("ix_copies_valid_from", "copies", ["valid_from"])
    op.create_index("ix_copies_valid_until", "copies", ["valid_until"])


def downgrade() -> None:
    op.execute("DELETE FROM copies WHERE valid_until IS NOT NULL")
    # Fire deferred triggers now: 0006 cannot drop a table with pending triggers.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.execute("SET CONSTRAINTS ALL DEFERRED")
    op.drop_index("ix_copies_valid_until", table_name="copies")
    op.drop_index("ix_copies_valid_from", table_name="copies")
    op.drop_index("uq_copies_open", table_name="copies")
    op.drop_constraint("pk_copies", "copies", type_="primary")
    op.drop_column("copies", "valid_until")
    op.alter_column("copies", "valid_from", new_column_name="found_at")
    op.create_primary_key("pk_copies", "copies", ["article_id"])
