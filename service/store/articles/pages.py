"""Pages of articles: selection of the pages to read, and storage of the results."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.articles.ids import first_id_of_day
from service.store.identity import keys
from service.store.tables import (
    ArticlePageRow,
    ArticleRow,
    FeedRow,
    VectorRow,
)

#: Attempts to read the page of one article, over all its revisions.
MAX_ATTEMPTS = 4
#: Wait after the first temporary failure; it doubles with each further one.
_RETRY_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, order=True)
class UnreadPage:
    """An article whose page is to be read."""

    article_id: int
    revision: int
    url: str
    title: str
    text: str  #: the longer of lead and body, as in the feed
    language: str


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that was read: text, and corrections of the entry; empty values correct nothing."""

    text: str
    outcome: str
    detail: str
    temporary: bool
    canonical_link: str
    language: str


def find_unread(
    session: Session, *, now: datetime, max_age: timedelta, limit: int
) -> list[UnreadPage]:
    """Find the newest articles of feeds with full text whose page has not been read.

    The page is read again after a temporary failure, and after a revision of the article.
    """
    article, page = ArticleRow, ArticlePageRow
    oldest = now - max_age
    due = or_(
        page.article_id.is_(None),
        and_(
            page.attempts < MAX_ATTEMPTS,
            or_(page.revision < article.revision, page.retry_at <= now),
        ),
    )
    text = func.coalesce(func.nullif(article.body, ""), article.text)
    statement = (
        select(article.id, article.revision, article.url, article.title, text)
        .add_columns(func.coalesce(article.language, ""))
        .join(FeedRow, FeedRow.id == article.feed_id)
        .outerjoin(page, page.article_id == article.id)
        .where(FeedRow.full_text, article.first_seen >= oldest)
        .where(article.id >= first_id_of_day(oldest.astimezone(UTC).date()))  # for the index
        .where(article.url.like("http%"), due)
        .order_by(article.id.desc())
        .limit(limit)
    )
    # In order of ids, in which articles are locked.
    return sorted(UnreadPage(*row) for row in session.execute(statement))


def save(session: Session, unread: UnreadPage, page: ReadPage, *, now: datetime) -> bool:
    """Store a page that was read; return whether the text of the article changed.

    An article with another text is encoded and placed again; it stays in its story. An article
    that was revised in the meantime keeps its text, and its page is read again.
    """
    statement = insert(ArticlePageRow).values(
        article_id=unread.article_id,
        revision=unread.revision,
        at=now,
        outcome=page.outcome,
        detail=page.detail,
        attempts=1,
    )
    attempts = ArticlePageRow.attempts + 1
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["article_id"],
            set_={
                **{name: statement.excluded[name] for name in _REPLACED},
                "attempts": attempts,
                "retry_at": None,
            },
        )
    )
    if page.temporary:
        _schedule_retry(session, unread.article_id, now=now)
        return False
    row = session.get(ArticleRow, unread.article_id, with_for_update={"key_share": True})
    if row is None or row.revision != unread.revision:
        return False
    row.language = page.language or row.language
    if page.canonical_link and keys.register_link(session, page.canonical_link, row.id):
        row.url = page.canonical_link
    if page.text == row.page_text:
        return False
    row.page_text, row.boilerplate, row.stage = page.text, [], "admitted"
    session.flush()
    session.execute(delete(VectorRow).where(VectorRow.article_id == row.id))
    return True


def count_outcomes(session: Session, feed_id: int) -> dict[str, int]:
    """Count the pages of a feed's articles by outcome."""
    statement = (
        select(ArticlePageRow.outcome, func.count())
        .join(ArticleRow, ArticleRow.id == ArticlePageRow.article_id)
        .where(ArticleRow.feed_id == feed_id)
        .group_by(ArticlePageRow.outcome)
        .order_by(ArticlePageRow.outcome)
    )
    return dict(session.execute(statement).all())


_REPLACED = ("revision", "at", "outcome", "detail")


def _schedule_retry(session: Session, article_id: int, *, now: datetime) -> None:
    wait = _RETRY_AFTER * func.power(2, ArticlePageRow.attempts - 1)
    session.execute(
        update(ArticlePageRow)
        .where(ArticlePageRow.article_id == article_id, ArticlePageRow.attempts < MAX_ATTEMPTS)
        .values(retry_at=now + wait)
        .execution_options(synchronize_session=False)
    )
