"""browser sessions and reviews

People sign in on the pages with an API key. A session ends when it expires, when the person signs
out, or when the key is revoked. A review is an editor's answer that changes nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "browser_sessions",
        sa.Column("hash", sa.LargeBinary(), primary_key=True),
        sa.Column(
            "key_id",
            sa.BigInteger(),
            sa.ForeignKey("keys.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("form_token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_browser_sessions_key_id", "browser_sessions", ["key_id"])
    op.create_index("ix_browser_sessions_expires_at", "browser_sessions", ["expires_at"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("kind", "subject", name="uq_reviews_kind_subject"),
        sa.CheckConstraint("kind IN ('membership', 'merge', 'split')", name="kind_valid"),
    )


def downgrade() -> None:
    op.drop_table("reviews")
    op.drop_table("browser_sessions")
