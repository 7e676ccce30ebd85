"""alerts; size and time of sent emails"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = ("waiting", "sent", "empty", "refused", "expired")
DAY = "uq_issues_subscriber_id_local_date"


def upgrade() -> None:
    timestamp = sa.DateTime(timezone=True)
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("query", JSONB(), nullable=False),
        sa.Column("created_at", timestamp, nullable=False),
        sa.Column("stopped_at", timestamp, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_alerts_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "ix_alerts_active",
        "alerts",
        ["subscriber_id"],
        postgresql_where=sa.text("stopped_at IS NULL"),
    )
    _add_columns(timestamp)
    _check_states(*STATES, "folded")
    op.create_check_constraint(
        op.f("ck_issues_kind_known"), "issues", "kind IN ('digest', 'notice')"
    )
    # One digest per day, and any number of notices.
    op.drop_constraint(op.f(DAY), "issues")
    _unique(DAY, "digest", "subscriber_id", "local_date")
    _unique("uq_issues_notice", "notice", "subscriber_id", "story_id", "reached")
    op.create_index("ix_issues_made_at", "issues", ["made_at"])
    op.create_index("ix_issues_subscriber_id_made_at", "issues", ["subscriber_id", "made_at"])
    op.create_index(op.f("ix_issues_folded_into"), "issues", ["folded_into"])
    op.create_index(op.f("ix_deliveries_message_id"), "deliveries", ["message_id"])
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["id"],
        postgresql_where=sa.text("state IN ('sending', 'ending')"),
    )


def downgrade() -> None:
    for index in ("ix_deliveries_open", "ix_deliveries_message_id"):
        op.drop_index(op.f(index), "deliveries")
    op.execute("DELETE FROM issues WHERE kind = 'notice'")
    for index in (
        "ix_issues_folded_into",
        "ix_issues_subscriber_id_made_at",
        "ix_issues_made_at",
        "uq_issues_notice",
        DAY,
    ):
        op.drop_index(op.f(index), "issues")
    op.create_unique_constraint(op.f(DAY), "issues", ["subscriber_id", "local_date"])
    op.drop_constraint(op.f("ck_issues_kind_known"), "issues")
    _check_states(*STATES)
    for column in ("folded_into", "reached", "story_id", "sent_at", "bytes", "cards", "kind"):
        op.drop_column("issues", column)
    op.drop_table("alerts")


def _add_columns(timestamp: sa.DateTime) -> None:
    for column in (
        sa.Column("kind", sa.Text(), server_default="digest", nullable=False),
        sa.Column("cards", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("sent_at", timestamp, nullable=True),
        sa.Column("story_id", sa.Text(), nullable=True),
        sa.Column("reached", sa.Integer(), nullable=True),
        sa.Column("folded_into", sa.BigInteger(), nullable=True),
    ):
        op.add_column("issues", column)
    op.create_foreign_key(
        op.f("fk_issues_folded_into"), "issues", "issues", ["folded_into"], ["id"],
        ondelete="SET NULL",
    )  # fmt: skip


def _unique(name: str, kind: str, *columns: str) -> None:
    where = sa.text(f"kind = '{kind}'")
    op.create_index(op.f(name), "issues", list(columns), unique=True, postgresql_where=where)


def _check_states(*states: str) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f("ck_issues_state_known"), "issues")
    op.create_check_constraint(op.f("ck_issues_state_known"), "issues", f"state IN ({listed})")
