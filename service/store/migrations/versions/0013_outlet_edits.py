"""edits of outlets, with the configured values of edited fields"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outlets", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outlets", sa.Column("configured", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(
        op.f("ck_outlets_edits_know_the_configured"),
        "outlets",
        "(edited_at IS NULL) = (configured IS NULL)",
    )


def downgrade() -> None:
    """Edited values stay until outlets are next loaded from the configuration."""
    op.drop_constraint(op.f("ck_outlets_edits_know_the_configured"), "outlets", type_="check")
    op.drop_column("outlets", "configured")
    op.drop_column("outlets", "edited_at")
