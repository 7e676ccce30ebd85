"""lexicons hold what vectors have in common and how full a window is; older ones are dropped

Place makes one of the next arrivals, and the next reconcile replaces it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM lexicons")


def downgrade() -> None:
    op.execute("DELETE FROM lexicons")
