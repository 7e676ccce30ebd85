"""story details (summary, entities, pace); gazetteers"""

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
    # Existing stories are described again, which adds the details.
    op.execute("UPDATE stories SET described_at = NULL WHERE state <> 'merged'")


def downgrade() -> None:
    op.drop_table("gazetteers")
    for table in TABLES:
        op.drop_column(table, "details")
