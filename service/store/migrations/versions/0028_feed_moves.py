"""moves of feeds to other URLs

A permanent redirect is adopted only after a day, so its target and the time of its first sight
belong to the feed. Each adopted move is recorded, so that it can be undone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feeds", sa.Column("redirect_url", sa.Text()))
    op.add_column("feeds", sa.Column("redirect_since", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_feeds_redirect_url_and_redirect_since_set_together"),
        "feeds",
        "(redirect_url IS NULL) = (redirect_since IS NULL)",
    )
    op.create_table(
        "feed_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "feed_id",
            sa.BigInteger(),
            sa.ForeignKey("feeds.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_url", sa.Text(), nullable=False),
        sa.Column("new_url", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_feed_moves_feed_id", "feed_moves", ["feed_id"])


def downgrade() -> None:
    op.drop_table("feed_moves")
    op.drop_constraint("ck_feeds_redirect_url_and_redirect_since_set_together", "feeds")
    op.drop_column("feeds", "redirect_since")
    op.drop_column("feeds", "redirect_url")
