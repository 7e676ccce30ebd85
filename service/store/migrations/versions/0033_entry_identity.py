"""keys of articles, the publisher's own link, and the version that each feed had last

`article_keys` replaces `article_urls`. It holds guids, canonical URLs and titles; a key that
several articles share has no article. The key of every stored link is computed by the current
rule, so that an entry in a feed finds its article. `articles.url` gets the link of the feed. An
article without a link of the feed keeps its canonical URL until its feed is read again. Values of
`updated` in the future are removed, because they blocked later versions.
"""

import sqlalchemy as sa
from alembic import op

from service.domain.identity.keys import link_keys

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

#: Articles per statement.
BATCH = 10_000


def upgrade() -> None:
    op.rename_table("article_urls", "article_keys")
    op.execute("ALTER TABLE article_keys RENAME CONSTRAINT pk_article_urls TO pk_article_keys")
    op.alter_column("article_keys", "url_hash", new_column_name="key_hash")
    op.alter_column("article_keys", "article_id", nullable=True)
    op.add_column("article_keys", sa.Column("feed_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_article_keys_article_id", "article_keys", ["article_id"])
    op.execute("UPDATE articles SET url = link WHERE link <> url")
    op.drop_column("articles", "link")
    op.execute("UPDATE articles SET updated = NULL WHERE updated > now()")
    op.add_column("vectors", sa.Column("text_hash", sa.LargeBinary(), nullable=True))
    op.create_table(
        "article_feeds",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_feeds_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_article_feeds_feed_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "feed_id", name=op.f("pk_article_feeds")),
    )
    op.create_index("ix_article_feeds_feed_id", "article_feeds", ["feed_id"])
    _add_link_keys()


def downgrade() -> None:
    op.drop_table("article_feeds")
    op.drop_column("vectors", "text_hash")
    op.add_column("articles", sa.Column("link", sa.Text(), nullable=True))
    op.execute("UPDATE articles SET link = url WHERE url LIKE 'http%'")
    op.execute("DELETE FROM article_keys WHERE article_id IS NULL OR feed_id IS NOT NULL")
    op.drop_index("ix_article_keys_article_id", "article_keys")
    op.drop_column("article_keys", "feed_id")
    op.alter_column("article_keys", "article_id", nullable=False)
    op.alter_column("article_keys", "key_hash", new_column_name="url_hash")
    op.execute("ALTER TABLE article_keys RENAME CONSTRAINT pk_article_keys TO pk_article_urls")
    op.rename_table("article_keys", "article_urls")


def _add_link_keys() -> None:
    connection = op.get_bind()
    select = sa.text("SELECT id, url FROM articles WHERE id > :last ORDER BY id LIMIT :batch")
    insert = sa.text(
        "INSERT INTO article_keys (key_hash, article_id) VALUES (:key, :article) ON CONFLICT DO NOTHING"
    )
    last = -1
    while rows := connection.execute(select, {"last": last, "batch": BATCH}).all():
        values = [{"key": link_keys(url)[0], "article": article_id} for article_id, url in rows]
        connection.execute(insert, values)
        last = rows[-1][0]
