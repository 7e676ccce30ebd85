"""heartbeats of job runs, and an index of runs in progress."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_runs_running", "runs", ["job"], postgresql_where=sa.text("outcome = 'running'")
    )


def downgrade() -> None:
    op.drop_index("ix_runs_running", "runs")
    op.drop_column("runs", "heartbeat_at")
