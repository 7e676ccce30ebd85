"""index of storylines by creation time"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_storylines_created_at_id", "storylines", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_storylines_created_at_id", table_name="storylines")
