"""event filters of webhooks; separate retries for stories with failed deliveries"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ADDED = ("kinds", "min_coverage", "failing_since", "delivered_at", "paused_because")


def upgrade() -> None:
    timestamp = sa.DateTime(timezone=True)
    # No earlier version delivered to webhooks, so none has failed.
    op.execute("UPDATE webhooks SET state = 'paused' WHERE state = 'failed'")
    _check_states("active", "paused")
    op.add_column(
        "webhooks", sa.Column("kinds", ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column(
        "webhooks",
        sa.Column("min_coverage", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("webhooks", sa.Column("failing_since", timestamp, nullable=True))
    op.add_column("webhooks", sa.Column("delivered_at", timestamp, nullable=True))
    op.add_column("webhooks", sa.Column("paused_because", sa.Text(), nullable=True))
    op.create_table(
        "webhook_holds",
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("next_transition_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", timestamp, nullable=False),
        sa.Column("failing_since", timestamp, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_holds_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_webhook_holds_story_id")
        ),
        sa.PrimaryKeyConstraint("webhook_id", "story_id", name=op.f("pk_webhook_holds")),
    )
    op.create_index(
        "ix_webhook_holds_webhook_id_next_attempt_at",
        "webhook_holds",
        ["webhook_id", "next_attempt_at"],
    )


def downgrade() -> None:
    op.drop_table("webhook_holds")
    for column in reversed(ADDED):
        op.drop_column("webhooks", column)
    _check_states("active", "paused", "failed")


def _check_states(*states: str) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint("ck_webhooks_state_known", "webhooks")
    op.create_check_constraint(op.f("ck_webhooks_state_known"), "webhooks", f"state IN ({listed})")
