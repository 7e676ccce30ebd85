"""stories have summaries, names and a pace; what names stand for has a table"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("stories", "story_versions")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table,
            sa.Column(
                "details",
                postgresql.JSONB(astext_type=sa.Text()),
                server_default=sa.text("'{}'"),
                nullable=False,
            ),
        )
    op.create_table(
        "gazetteers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gazetteers")),
    )
    # Stories of before are described anew, and so get what they lack.
    op.execute("UPDATE stories SET described_at = NULL WHERE state <> 'merged'")


def downgrade() -> None:
    op.drop_table("gazetteers")
    for table in TABLES:
        op.drop_column(table, "details")
