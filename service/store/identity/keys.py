"""Keys of articles: lookup of stored articles for entries, and registration of new keys."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from service.domain.identity.keys import Key, KeyedEntry, link_keys, title_key
from service.domain.identity.matching import Matches, StoredEntry, identifying_keys
from service.store.articles.ids import make_article_id
from service.store.database.arrays import equals_any
from service.store.database.bulk import insert_from_arrays
from service.store.tables import ArticleKeyRow, ArticleRow

#: Maximum number of links per article: feeds with session ids have a new one at each fetch.
MAX_LINKS = 8
#: Only articles of this period are compared by title and date.
REACH = timedelta(days=30)
_COLUMNS = ("key_hash", "article_id", "feed_id")


def load_known(
    session: Session, entries: Sequence[KeyedEntry], feed_id: int
) -> dict[Key, StoredEntry | None]:
    """Return the stored keys of entries with their articles; None for a shared key."""
    hashes = {
        key
        for entry in entries
        for key in (entry.guid, *entry.links, *entry.other_links, *entry.titles, *entry.shared)
        if key is not None
    }
    stored = select(ArticleKeyRow.key_hash, ArticleKeyRow.article_id)
    rows = session.execute(stored.where(equals_any(ArticleKeyRow.key_hash, hashes))).all()
    ids = {article_id for _, article_id in rows if article_id}
    statement = _select_entries(feed_id).where(equals_any(ArticleRow.id, ids))
    loaded = _load_entries(session, statement) if ids else []
    articles = {stored.article_id: stored for stored in loaded}
    known = {key: articles.get(article_id or 0) for key, article_id in rows}
    return {key: known[key] for key, article_id in rows if known[key] or article_id is None}


def load_candidates(
    session: Session, entries: Iterable[KeyedEntry], feed_id: int, *, now: datetime
) -> list[StoredEntry]:
    """Return recent articles of the feed that have the title of one of the entries."""
    titles = {entry.draft.title for entry in entries}
    statement = _select_entries(feed_id).where(
        ArticleRow.feed_id == feed_id,
        ArticleRow.id >= make_article_id(now - REACH, 0),
        equals_any(ArticleRow.title, titles),
    )
    return _load_entries(session, statement)


def save_keys(
    session: Session,
    identified: Mapping[int, KeyedEntry],
    known: Mapping[Key, StoredEntry | None],
    matches: Matches,
    feed_id: int,
) -> None:
    """Register the keys of articles that are not stored yet; `identified` is by article id.

    A new guid replaces the former one of the feed. Keys that are shared lose their article, which
    is then identified by its title.
    """
    own = {
        key: article_id for article_id, entry in identified.items() for key in (entry.guid,) if key
    }
    guids = {key: own[key] for key in own.keys() - known.keys() - matches.shared.keys()}
    stored = {article.article_id for article in matches.articles.values()}
    _forget_guids(session, stored.intersection(guids.values()), feed_id)
    links = {
        key: article_id
        for article_id, entry in identified.items()
        for key in (*identifying_keys(entry, known, matches.shared), *entry.other_links)
        if key not in known and key not in guids
    }
    displaced = {
        title_key(feed, article.title): article.article_id
        for article in matches.shared.values()
        if article is not None
        for feed in (feed_id, article.feed_id)
    }
    full = _find_full(session, stored.intersection(links.values()))
    texts = {key: article_id for key, article_id in links.items() if article_id not in full}
    owners = dict.fromkeys(guids, feed_id)
    _insert_keys(session, displaced | texts | guids, owners)
    _share_keys(session, matches.shared.keys() - {key for key in known if known[key] is None})


def find_article(session: Session, url: str) -> int | None:
    """Return the id of the article with this link, with or without its tracking parameters."""
    for key in dict.fromkeys((*link_keys(url), *link_keys(url.partition("#")[0]))):
        statement = select(ArticleKeyRow.article_id).where(ArticleKeyRow.key_hash == key)
        if article_id := session.scalar(statement):
            return article_id
    return None


def register_link(session: Session, url: str, article_id: int) -> bool:
    """Register a link for an article; return False if another article has it, or several share it.

    Requires the lock for admissions.
    """
    key = link_keys(url)[0]
    _insert_keys(session, {key: article_id}, {})
    owner = select(ArticleKeyRow.article_id).where(ArticleKeyRow.key_hash == key)
    return session.scalar(owner) == article_id


def _load_entries(session: Session, statement: Select[*tuple[Any, ...]]) -> list[StoredEntry]:
    return [StoredEntry(*row) for row in session.execute(statement)]


def _select_entries(feed_id: int) -> Select[*tuple[Any, ...]]:
    """Select the arguments of `StoredEntry`."""
    guid = exists().where(
        ArticleKeyRow.article_id == ArticleRow.id, ArticleKeyRow.feed_id == feed_id
    )
    return select(
        ArticleRow.id,
        ArticleRow.title,
        ArticleRow.text,
        ArticleRow.claimed_date,
        ArticleRow.url,
        ArticleRow.feed_id,
        guid,
    )


def _forget_guids(session: Session, article_ids: Collection[int], feed_id: int) -> None:
    """Delete the former guids of articles; otherwise feeds with random guids add rows forever."""
    if article_ids:
        session.execute(
            delete(ArticleKeyRow).where(
                equals_any(ArticleKeyRow.article_id, article_ids), ArticleKeyRow.feed_id == feed_id
            )
        )


def _find_full(session: Session, article_ids: Collection[int]) -> set[int]:
    """Return the articles that have the maximum number of links."""
    if not article_ids:
        return set()
    statement = (
        select(ArticleKeyRow.article_id)
        .where(equals_any(ArticleKeyRow.article_id, article_ids), ArticleKeyRow.feed_id.is_(None))
        .group_by(ArticleKeyRow.article_id)
        .having(func.count() >= MAX_LINKS)
    )
    return set(session.scalars(statement))


def _insert_keys(session: Session, keys: Mapping[Key, int], owners: Mapping[Key, int]) -> None:
    """Insert the articles of keys that are not stored yet; `owners` are the feeds of guids."""
    # In order of keys, so that two processes do not wait for each other.
    values = [(key, keys[key], owners.get(key)) for key in sorted(keys)]
    if values:
        session.execute(
            insert_from_arrays(ArticleKeyRow, _COLUMNS, values).on_conflict_do_nothing()
        )


def _share_keys(session: Session, keys: Iterable[Key]) -> None:
    values = [(key, None, None) for key in sorted(keys)]
    if values:
        session.execute(
            insert_from_arrays(ArticleKeyRow, _COLUMNS, values).on_conflict_do_update(
                index_elements=["key_hash"],
                set_={"article_id": None, "feed_id": None},
                where=ArticleKeyRow.article_id.is_not(None),
            )
        )
