"""Articles, their revisions, vectors and copies.

The high bits of an article's id are the day it was first seen (`store.articles.ids`). So `articles`
can be partitioned by day on the primary key, one range of ids per partition, and references need a
single column. Keys such as canonical URLs must be unique over all days, so they have a table of
their own.
"""

from typing import Any, get_args

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Sequence,
    SmallInteger,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Stage
from service.store.tables.base import Base, Identifier, Timestamp, one_of

#: Sequence numbers of article ids, over all days.
ARTICLE_NUMBERS = Sequence("article_numbers", metadata=Base.metadata)


class ArticleKeyRow(Base):
    """A key that identifies an article: a guid within a feed, a canonical URL, or a title."""

    __tablename__ = "article_keys"
    __table_args__ = (Index("ix_article_keys_article_id", "article_id"),)

    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  #: blake2b, 16 bytes
    article_id: Mapped[int | None] = mapped_column(BigInteger)  #: NULL if several articles share it
    feed_id: Mapped[int | None] = mapped_column(BigInteger)  #: of a guid or title


class ArticleFeedRow(Base):
    """The version of an article that a feed had when it was last read."""

    __tablename__ = "article_feeds"

    article_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    feed_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    content_hash: Mapped[str]


class ArticleRow(Base):
    """An article in its newest revision."""

    __tablename__ = "articles"
    __table_args__ = (
        one_of("date_flag", "ok", "missing", "future", "ancient", "unparsable", "vague"),
        one_of("date_precision", "minute", "day"),
        one_of("stage", *get_args(Stage)),
        one_of("type", *ArticleType),
        one_of("corrected_type", *ArticleType),
        Index("ix_articles_admitted", "id", postgresql_where=sql("stage = 'admitted'")),
        Index("ix_articles_placed", "id", postgresql_where=sql("stage = 'placed'")),
        Index("ix_articles_reported_at", "reported_at"),
        # Upper bound of how far a report time can be ahead of the arrival.
        Index("ix_articles_reports_ahead", sql("(reported_at - first_seen)")),
        Index(
            "ix_articles_counts",
            "reported_at",
            "id",
            postgresql_include=["outlet_id", "language", "type", "corrected_type"],
        ),
        Index("ix_articles_outlet_id_reported_at", "outlet_id", "reported_at"),
        Index("ix_articles_feed_id_id", "feed_id", "id"),
        Index("ix_articles_word_keys", "word_keys", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    url: Mapped[str]  #: the publisher's own link, or `urn:samestory:…`
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id"))
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"))
    title: Mapped[str]
    text: Mapped[str]  #: the lead, plain text
    body: Mapped[str]  #: plain text; empty if the feed has none
    author: Mapped[str | None]
    language: Mapped[str | None]
    categories: Mapped[list[str]]
    type: Mapped[str] = mapped_column(server_default="report")  #: by the rule of this revision
    corrected_type: Mapped[str | None]  #: by an editor; takes precedence over `type`
    published: Mapped[
        Timestamp | None
    ]  #: only if trusted; the start of the day if only it is known
    date_precision: Mapped[str] = mapped_column(server_default="minute")  #: of `published`
    claimed_date: Mapped[Timestamp | None]  #: date in the feed, trusted or not
    date_flag: Mapped[str]
    updated: Mapped[Timestamp | None]
    first_seen: Mapped[Timestamp]
    #: The time of `published`. If only the day, month or year is known, the end of that period, at
    #: most `first_seen`. Without a usable date, `first_seen`. A date that arrives later never makes
    #: it later.
    reported_at: Mapped[Timestamp]
    revision: Mapped[int] = mapped_column(SmallInteger, server_default=sql("1"))
    content_hash: Mapped[str]
    stage: Mapped[str] = mapped_column(
        server_default="admitted"
    )  #: see `domain.articles.model.Stage`
    word_keys: Mapped[list[int]] = mapped_column(
        server_default=sql("'{}'")
    )  #: keys of its rarest words (`domain.pairs.vocabulary`)
    boilerplate: Mapped[list[int]] = mapped_column(
        server_default=sql("'{}'")
    )  #: start and end of each boilerplate sentence in the longest text
    page_text: Mapped[str] = mapped_column(server_default=sql("''"))  #: of its page; never served


class ArticlePageRow(Base):
    """The last attempt to read the page of an article."""

    __tablename__ = "article_pages"
    __table_args__ = (
        one_of("outcome", "stored", "reserved", "paywall", "consent", "empty", "failed"),
    )

    article_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    revision: Mapped[int] = mapped_column(SmallInteger)  #: of the article, when it was read
    at: Mapped[Timestamp]
    outcome: Mapped[str]
    detail: Mapped[str]  #: the rule or the error; may be empty
    attempts: Mapped[int] = mapped_column(SmallInteger)
    retry_at: Mapped[Timestamp | None]  #: of a failure that may pass


class RevisionRow(Base):
    """A former version of an article, before the outlet changed it."""

    __tablename__ = "revisions"

    article_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    body: Mapped[str]
    content_hash: Mapped[str]
    replaced_at: Mapped[Timestamp]


class ArticleDocumentRow(Base):
    """Search document of an article, maintained by a trigger (migration 0009)."""

    __tablename__ = "article_documents"
    __table_args__ = (
        Index("ix_article_documents_document", "document", postgresql_using="gin"),
        Index("ix_article_documents_reported_at", "reported_at", "article_id"),
    )

    article_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    reported_at: Mapped[Timestamp]
    outlet_id: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str]  #: ISO 639-1, else its outlet's language, else ""
    document: Mapped[str] = mapped_column(TSVECTOR)


class RoundupMentionRow(Base):
    """A round-up that mentions the event of a story."""

    __tablename__ = "roundup_mentions"

    article_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    story_id: Mapped[str] = mapped_column(ForeignKey("stories.id"), primary_key=True, index=True)


class ModelRow(Base):
    """An embedding model; vectors of different models are never compared."""

    __tablename__ = "models"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    tag: Mapped[str] = mapped_column(unique=True)
    dimensions: Mapped[int]


class ModelChoiceRow(Base):
    """A choice of the embedding model in the settings; the latest switch is in use."""

    __tablename__ = "model_choices"
    __table_args__ = (
        CheckConstraint("switched_at IS NULL OR model_id IS NOT NULL", name="has_model"),
    )

    id: Mapped[Identifier]
    choice: Mapped[dict[str, Any]]  #: `settings.model_choice.ModelChoice` as JSON
    requested_at: Mapped[Timestamp]
    switched_at: Mapped[Timestamp | None]
    model_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("models.id"))


class VectorRow(Base):
    """The unit-length embedding of one revision of an article.

    The column has no fixed dimension. Each model has a partial HNSW index, created at its first use
    (`store.articles.vectors`).
    """

    __tablename__ = "vectors"

    article_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger)
    text_hash: Mapped[bytes | None] = mapped_column(LargeBinary)  #: of the encoded text, 16 bytes
    vector: Mapped[list[float]] = mapped_column(HALFVEC())


class CopyRow(Base):
    """An article that reprints another one; `valid_until` is NULL for current copies."""

    __tablename__ = "copies"
    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="ends_after_start"),
        Index(
            "uq_copies_open", "article_id", unique=True, postgresql_where=sql("valid_until IS NULL")
        ),
        Index("ix_copies_valid_from", "valid_from"),
        Index("ix_copies_valid_until", "valid_until"),
    )

    article_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True
    )
    original_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), index=True
    )
    share: Mapped[float]  #: fraction of the shorter text that is in the other one
    valid_from: Mapped[Timestamp] = mapped_column(primary_key=True)
    valid_until: Mapped[Timestamp | None]
