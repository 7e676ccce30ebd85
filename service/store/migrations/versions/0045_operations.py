"""maintenance mode, suppressed addresses, shared rate limits

A row of `maintenance` stops the jobs and the writes of all processes. `suppressed_addresses` keeps
addresses that complained after their subscriber was removed; only hashes are stored. `rate_buckets`
is the common state of the rate limits of all web servers; it needs no write-ahead log.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "maintenance",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("single", name="has_one_row"),
    )
    op.create_table(
        "suppressed_addresses",
        sa.Column("hash", sa.LargeBinary(), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute(
        "INSERT INTO suppressed_addresses (hash, reason, since) "
        "SELECT sha256(convert_to(lower(address), 'UTF8')), stop_reason, now() "
        "FROM subscribers WHERE stop_reason LIKE 'complaint:%' ON CONFLICT DO NOTHING"
    )
    op.create_table(
        "rate_buckets",
        sa.Column("client", sa.Text(), primary_key=True),
        sa.Column("remaining", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("rate_buckets")
    op.drop_table("suppressed_addresses")
    op.drop_table("maintenance")
