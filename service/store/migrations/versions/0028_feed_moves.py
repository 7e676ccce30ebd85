"""moves of feeds to other URLs, and full text from the pages of articles

A permanent redirect is adopted only after a day, so its target and the time of its first sight
belong to the feed. Each adopted move is recorded, so that it can be undone.

Texts from pages lie beside the texts of the feed, which alone are served. The defaults are
constants, so no row is rewritten.
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
    op.add_column(
        "feeds",
        sa.Column("full_text", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "articles", sa.Column("page_text", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.create_table(
        "article_pages",
        sa.Column(
            "article_id",
            sa.BigInteger(),
            sa.ForeignKey("articles.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "outcome IN ('stored', 'reserved', 'paywall', 'consent', 'empty', 'failed')",
            name=op.f("ck_article_pages_outcome_valid"),
        ),
    )


def downgrade() -> None:
    op.drop_table("article_pages")
    op.drop_column("articles", "page_text")
    op.drop_column("feeds", "full_text")
    op.drop_table("feed_moves")
    op.drop_constraint("ck_feeds_redirect_url_and_redirect_since_set_together", "feeds")
    op.drop_column("feeds", "redirect_since")
    op.drop_column("feeds", "redirect_url")
