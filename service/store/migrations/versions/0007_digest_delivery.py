"""due time and delivery state of issues; signing keys of links"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DELIVERY_STATES = ("sending", "sent", "deferred", "refused")


def upgrade() -> None:
    timestamp = sa.DateTime(timezone=True)
    op.add_column("subscribers", sa.Column("rhythm_since", timestamp, nullable=True))
    op.execute("UPDATE subscribers SET rhythm_since = coalesce(confirmed_at, created_at)")
    op.alter_column("subscribers", "rhythm_since", nullable=False)
    op.add_column("subscribers", sa.Column("stopped_because", sa.Text(), nullable=True))
    _add_to_issues(timestamp)
    _check_delivery_states(*DELIVERY_STATES, "ending", "doubtful")
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", timestamp, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )


def downgrade() -> None:
    op.drop_table("secrets")
    op.execute("UPDATE deliveries SET state = 'deferred' WHERE state IN ('ending', 'doubtful')")
    _check_delivery_states(*DELIVERY_STATES)
    op.drop_index("ix_issues_waiting", table_name="issues")
    op.drop_constraint("ck_issues_state_known", "issues")
    for column in ("next_attempt_at", "state", "due_at"):
        op.drop_column("issues", column)
    for column in ("stopped_because", "rhythm_since"):
        op.drop_column("subscribers", column)


def _add_to_issues(timestamp: sa.DateTime) -> None:
    op.add_column("issues", sa.Column("due_at", timestamp, nullable=True))
    op.execute("UPDATE issues SET due_at = made_at")
    op.alter_column("issues", "due_at", nullable=False)
    op.add_column(
        "issues", sa.Column("state", sa.Text(), server_default="waiting", nullable=False)
    )
    op.add_column("issues", sa.Column("next_attempt_at", timestamp, nullable=True))
    # No earlier version sent issues.
    op.execute("UPDATE issues SET state = 'expired'")
    op.create_check_constraint(
        op.f("ck_issues_state_known"),
        "issues",
        "state IN ('waiting', 'sent', 'empty', 'refused', 'expired')",
    )
    op.create_index(
        "ix_issues_waiting",
        "issues",
        ["next_attempt_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _check_delivery_states(*states: str) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint("ck_deliveries_state_known", "deliveries")
    op.create_check_constraint(
        op.f("ck_deliveries_state_known"), "deliveries", f"state IN ({listed})"
    )
