"""delete vocabularies in the former format, without mean vector and window size

The job `place` builds a new one from the next arrivals; the next `reconcile` replaces it.
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
