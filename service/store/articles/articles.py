"""Admission of articles, their revisions, and loading them for the grouping."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.entries import Draft
from service.domain.articles.model import Article
from service.domain.articles.tokenization import LEAD_CHARACTERS
from service.domain.catalogue.outlets import SiteIndex
from service.domain.text.spans import Span
from service.store.articles.ids import compose
from service.store.tables import ArticleRow, ArticleUrlRow, OutletRow, RevisionRow
from service.store.tables.articles import ARTICLE_NUMBERS


@dataclass(frozen=True, slots=True)
class Source:
    """Where drafts come from: the feed, its outlet, and how other outlets' links are known."""

    feed_id: int
    outlet_id: int
    outlet_ids: Mapping[str, int]
    sites: SiteIndex

    def outlet_of(self, link: str | None) -> int:
        """The outlet that a link belongs to; the feed's own when the link tells nothing."""
        slug = self.sites.match(link)
        return self.outlet_ids[slug] if slug else self.outlet_id


@dataclass(frozen=True, slots=True)
class Admitted:
    """How many drafts were new articles, and how many changed known ones."""

    new: int
    revised: int


def admit(session: Session, drafts: Sequence[Draft], source: Source, *, now: datetime) -> Admitted:
    """Store drafts: one article for each canonical URL, a revision when its content changed.

    Safe from several processes: of two that admit one URL, the second waits and finds it known.
    """
    by_hash = {url_hash(draft.url): draft for draft in drafts}
    claimed = _claim(session, by_hash, now=now)
    _insert(session, claimed, source, now=now)
    known = {key: draft for key, draft in by_hash.items() if draft not in claimed.values()}
    return Admitted(len(claimed), _revise(session, known, now=now))


def url_hash(url: str) -> bytes:
    """The key by which a canonical URL is unique."""
    return hashlib.blake2b(url.encode(), digest_size=16).digest()


def load(session: Session, ids: Iterable[int]) -> list[Article]:
    """These articles as the grouping sees them, by id; unknown ids are left out."""
    rows = session.execute(_grouping_columns().where(ArticleRow.id.in_(list(ids))))
    return [_article(row) for row in rows.mappings()]


def leads(session: Session, ids: Iterable[int]) -> list[Article]:
    """The same with no more of the text than its lead, for looking at many."""
    text = func.left(
        func.coalesce(func.nullif(ArticleRow.text, ""), ArticleRow.body), LEAD_CHARACTERS
    )
    statement = (
        select(ArticleRow.id, ArticleRow.title, text, OutletRow.slug)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(ArticleRow.id.in_(list(ids)))
        .order_by(ArticleRow.id)
    )
    return [Article(*row) for row in session.execute(statement)]


def latest(session: Session, *, limit: int) -> list[int]:
    """The ids of the articles that came last."""
    return list(session.scalars(select(ArticleRow.id).order_by(ArticleRow.id.desc()).limit(limit)))


def in_stage(session: Session, stage: str) -> dict[int, datetime]:
    """Articles in this stage with the time of their report, by id."""
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(ArticleRow.stage == stage)
    return dict(session.execute(statement.order_by(ArticleRow.id)).all())


def advance(session: Session, ids: Iterable[int], *, before: str, after: str) -> None:
    """Move articles on, but not those that were revised in the meantime."""
    here = ArticleRow.id.in_(list(ids)), ArticleRow.stage == before
    # In one order, as admission does: two that wait for each other's rows would deadlock.
    locked = select(ArticleRow.id).where(*here).order_by(ArticleRow.id).with_for_update()
    session.execute(
        update(ArticleRow)
        .where(ArticleRow.id.in_(locked))
        .values(stage=after)
        .execution_options(synchronize_session=False)
    )


def readmit(session: Session, *, since: datetime) -> None:
    """Let articles reported since then go through everything again; they keep their stories."""
    session.execute(
        update(ArticleRow)
        .where(ArticleRow.reported_at >= since)
        .values(stage="admitted")
        .execution_options(synchronize_session=False)
    )


def reported_at(session: Session, ids: Iterable[int]) -> dict[int, datetime]:
    """When each of these articles was reported."""
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(ArticleRow.id.in_(list(ids)))
    return dict(session.execute(statement).all())


def placed_within(session: Session, spans: Iterable[Span]) -> dict[int, datetime]:
    """Articles that were placed and reported within some spans, with the time of their report."""
    within = [ArticleRow.reported_at.between(start, end) for start, end in spans]
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(
        or_(false(), *within), ArticleRow.stage != "admitted"
    )
    return dict(session.execute(statement).all())


def word_keys(session: Session, ids: Iterable[int]) -> dict[int, list[int]]:
    """The keys of each article's rare words, rarest first."""
    statement = select(ArticleRow.id, ArticleRow.word_keys).where(ArticleRow.id.in_(list(ids)))
    return dict(session.execute(statement).all())


def sharing_words(
    session: Session, keys: Sequence[int], *, start: datetime, end: datetime, limit: int
) -> set[int]:
    """Articles reported within a span that hold one of these words, those of its middle first."""
    if not keys:
        return set()
    apart = func.abs(func.extract("epoch", ArticleRow.reported_at - (start + (end - start) / 2)))
    statement = (
        select(ArticleRow.id)
        .where(ArticleRow.word_keys.overlap(list(keys)))
        .where(ArticleRow.reported_at.between(start, end))
        .order_by(apart, ArticleRow.id)
        .limit(limit)
    )
    return set(session.scalars(statement))


def set_word_keys(session: Session, keys: Mapping[int, Sequence[int]]) -> None:
    """Write the rare words by which later articles will find these."""
    values = [{"id": article_id, "word_keys": list(words)} for article_id, words in keys.items()]
    if values:
        session.execute(update(ArticleRow), values)


def latest_times(session: Session, feed_id: int, *, count: int = 20) -> list[datetime]:
    """When the latest articles of a feed were reported, as far as that can be trusted."""
    statement = (
        select(ArticleRow.published)
        .where(ArticleRow.feed_id == feed_id, ArticleRow.published.is_not(None))
        .order_by(ArticleRow.id.desc())
        .limit(count)
    )
    return [moment for moment in session.scalars(statement) if moment]


def count(session: Session) -> int:
    """How many articles are stored."""
    return session.scalar(select(func.count()).select_from(ArticleRow)) or 0


def _claim(session: Session, by_hash: Mapping[bytes, Draft], *, now: datetime) -> dict[int, Draft]:
    """Take the URLs that nobody has; the drafts by their new ids."""
    known = set(
        session.scalars(select(ArticleUrlRow.url_hash).where(ArticleUrlRow.url_hash.in_(by_hash)))
    )
    # In one order everywhere: two processes that wait for each other's rows would deadlock.
    fresh = sorted(key for key in by_hash if key not in known)
    if not fresh:
        return {}
    numbers = session.scalars(
        select(ARTICLE_NUMBERS.next_value()).select_from(
            func.generate_series(1, len(fresh)).alias()
        )
    )
    values = [
        {"url_hash": key, "article_id": compose(now, number)}
        for key, number in zip(fresh, numbers, strict=True)
    ]
    statement = insert(ArticleUrlRow).on_conflict_do_nothing()
    taken = session.execute(
        statement.returning(ArticleUrlRow.article_id, ArticleUrlRow.url_hash), values
    )
    return {article_id: by_hash[key] for article_id, key in taken}


def _insert(
    session: Session, claimed: Mapping[int, Draft], source: Source, *, now: datetime
) -> None:
    values = [
        {
            "id": article_id,
            "feed_id": source.feed_id,
            "outlet_id": source.outlet_of(draft.link),
            "published": draft.published,
            "claimed": draft.claimed,
            "date_flag": draft.date_flag,
            "first_seen": now,
            "reported_at": draft.published or now,
            "url": draft.url,
            "link": draft.link or None,
            "language": draft.language or None,
            **_content(draft),
        }
        for article_id, draft in claimed.items()
    ]
    if values:
        session.execute(insert(ArticleRow), values)


def _revise(session: Session, known: Mapping[bytes, Draft], *, now: datetime) -> int:
    """Keep the old version of every article whose content differs and write the new one."""
    statement = (
        select(ArticleRow, ArticleUrlRow.url_hash)
        .join(ArticleUrlRow, ArticleUrlRow.article_id == ArticleRow.id)
        .where(ArticleUrlRow.url_hash.in_(known))
        .order_by(ArticleRow.id)
        .with_for_update(of=ArticleRow)
    )
    revised = 0
    for row, key in session.execute(statement):
        draft = known[key]
        if row.content_hash == draft.content_hash or _is_older(draft, row):
            continue
        session.add(_revision(row, now))
        for name, value in _content(draft).items():
            setattr(row, name, value)
        row.revision += 1
        row.stage = "admitted"
        revised += 1
    return revised


def _is_older(draft: Draft, row: ArticleRow) -> bool:
    """Another feed of the outlet may still carry the version before this one."""
    return bool(row.updated and (not draft.updated or draft.updated < row.updated))


def _content(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "text": draft.text,
        "body": draft.body,
        "author": draft.author or None,
        "categories": list(draft.categories),
        "updated": draft.updated,
        "content_hash": draft.content_hash,
    }


def _revision(row: ArticleRow, now: datetime) -> RevisionRow:
    return RevisionRow(
        article_id=row.id,
        number=row.revision,
        title=row.title,
        text=row.text,
        body=row.body,
        content_hash=row.content_hash,
        replaced_at=now,
    )


def _grouping_columns() -> Select[*tuple[Any, ...]]:
    article = ArticleRow
    columns = (article.id, article.title, article.text, article.body, article.url)
    more = (article.published, article.language, OutletRow.slug, OutletRow.agency)
    joined = select(*columns, *more).join(OutletRow, OutletRow.id == article.outlet_id)
    return joined.order_by(article.id)


def _article(row: RowMapping) -> Article:
    return Article(
        id=row["id"],
        title=row["title"],
        text=max(row["text"], row["body"], key=len),
        outlet=row["slug"],
        url=row["url"],
        published=row["published"],
        lang=row["language"] or "",
        agency=row["agency"],
    )
