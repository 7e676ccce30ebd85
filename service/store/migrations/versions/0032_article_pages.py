"""full text from the pages of articles

The text of a page is stored beside the text of the feed. Only the text of the feed is served. The
defaults are constants, so no row is rewritten.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
