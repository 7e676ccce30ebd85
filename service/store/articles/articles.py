"""Articles: admission with deduplication by URL, revisions, stages, loading for the grouping."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    RowMapping,
    Select,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.domain.articles.boilerplate import cut
from service.domain.articles.entries import Draft
from service.domain.articles.model import Article
from service.domain.articles.tokenization import LEAD_CHARACTERS
from service.domain.catalogue.outlets import SiteIndex
from service.domain.text.spans import Span
from service.store.articles import types
from service.store.articles.ids import make_article_id
from service.store.articles.types import EFFECTIVE_TYPE, Classifiable
from service.store.tables import ArticleRow, ArticleUrlRow, OutletRow, RevisionRow, VectorRow
from service.store.tables.articles import ARTICLE_NUMBERS

#: The longer of lead and body. The body is stored only if it is longer.
LONGEST_TEXT = func.coalesce(func.nullif(ArticleRow.body, ""), ArticleRow.text)

#: The largest number of its column. Later changes replace the text without storing the former one.
MAX_REVISION = 32_767


@dataclass(frozen=True, slots=True)
class Source:
    """Origin of drafts: the feed, its outlet, and the sites of all outlets."""

    feed_id: int
    outlet_id: int
    outlet_ids: Mapping[str, int]
    sites: SiteIndex

    def outlet_of(self, link: str | None) -> int:
        """Return the id of the outlet whose site the link is on, else of the feed's outlet."""
        slug = self.sites.match(link)
        return self.outlet_ids[slug] if slug else self.outlet_id


@dataclass(frozen=True, slots=True)
class AdmissionCounts:
    """Number of new articles and of articles with a new revision."""

    new: int
    revised: int


def admit(
    session: Session, drafts: Sequence[Draft], source: Source, *, now: datetime
) -> AdmissionCounts:
    """Store one article per canonical URL, and a new revision when the content of one changed.

    Safe to run concurrently: of two processes that admit the same URL, the second one waits and
    then treats the article as existing.
    """
    if not drafts:
        return AdmissionCounts(0, 0)
    by_hash = {url_hash(draft.url): draft for draft in drafts}
    new = _reserve_ids(session, by_hash, now=now)
    _insert(session, new, source, now=now)
    existing = {key: draft for key, draft in by_hash.items() if draft not in new.values()}
    return AdmissionCounts(len(new), _revise(session, existing, now=now))


def url_hash(url: str) -> bytes:
    """Hash a canonical URL for the unique index, 16 bytes."""
    return hashlib.blake2b(url.encode(), digest_size=16).digest()


def load(session: Session, ids: Iterable[int]) -> list[Article]:
    """Load articles without their boilerplate, in order of ids; missing ids are skipped."""
    rows = session.execute(select_articles().where(ArticleRow.id.in_(list(ids)))).mappings()
    return [
        replace(article, text=cut(article.text, row["boilerplate"]))
        for row in rows
        for article in [make_article(row)]
    ]


def select_articles() -> Select[Any]:
    """Select the columns of `make_article` and `boilerplate`, in order of ids."""
    article = ArticleRow
    columns = (article.id, article.title, LONGEST_TEXT.label("text"), article.url)
    return (
        select(*columns, article.published, article.language, article.boilerplate)
        .add_columns(OutletRow.slug, OutletRow.agency, EFFECTIVE_TYPE.label("type"))
        .join(OutletRow, OutletRow.id == article.outlet_id)
        .order_by(article.id)
    )


def make_article(row: RowMapping) -> Article:
    """Convert a row of `select_articles`; its text still contains the boilerplate."""
    return Article(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        outlet=row["slug"],
        url=row["url"],
        published=row["published"],
        lang=row["language"] or "",
        agency=row["agency"],
        type=ArticleType(row["type"]),
    )


def load_leads(session: Session, ids: Iterable[int]) -> list[Article]:
    """Load articles with only the lead of the text, in order of ids; cheap for many articles."""
    lead = func.left(LONGEST_TEXT, LEAD_CHARACTERS)
    statement = (
        select(ArticleRow.id, ArticleRow.title, lead, OutletRow.slug, ArticleRow.boilerplate)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(ArticleRow.id.in_(list(ids)))
        .order_by(ArticleRow.id)
    )
    return [
        Article(key, title, cut(text, spans), outlet)
        for key, title, text, outlet, spans in session.execute(statement)
    ]


def load_latest_ids(session: Session, *, limit: int) -> list[int]:
    """Return the ids of the latest articles, the newest first."""
    return list(session.scalars(select(ArticleRow.id).order_by(ArticleRow.id.desc()).limit(limit)))


def find_in_stage(session: Session, stage: str) -> dict[int, datetime]:
    """Return the report time of each article in a stage, by id."""
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(ArticleRow.stage == stage)
    return dict(session.execute(statement.order_by(ArticleRow.id)).all())


def advance_stage(session: Session, ids: Iterable[int], *, before: str, after: str) -> None:
    """Set the stage of articles that are still in stage `before`: a revision resets the stage."""
    unchanged = ArticleRow.id.in_(list(ids)), ArticleRow.stage == before
    # Lock in the same order as admission does, to avoid deadlocks.
    locked = (
        select(ArticleRow.id)
        .where(*unchanged)
        .order_by(ArticleRow.id)
        .with_for_update(key_share=True)
    )
    session.execute(
        update(ArticleRow)
        .where(ArticleRow.id.in_(locked))
        .values(stage=after)
        .execution_options(synchronize_session=False)
    )


def load_report_times(session: Session, ids: Iterable[int]) -> dict[int, datetime]:
    """Return the report time of each article, by id."""
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(ArticleRow.id.in_(list(ids)))
    return dict(session.execute(statement).all())


def find_placed_within(session: Session, spans: Iterable[Span]) -> dict[int, datetime]:
    """Return the report time, by id, of placed articles that were reported within the spans."""
    within = [ArticleRow.reported_at.between(start, end) for start, end in spans]
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(
        or_(false(), *within), ArticleRow.stage != "admitted"
    )
    return dict(session.execute(statement).all())


def load_word_keys(session: Session, ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the keys of each article's rare words, rarest first, by article id."""
    statement = select(ArticleRow.id, ArticleRow.word_keys).where(ArticleRow.id.in_(list(ids)))
    return dict(session.execute(statement).all())


def find_by_shared_words(
    session: Session, keys: Sequence[int], *, start: datetime, end: datetime, limit: int
) -> set[int]:
    """Find the `limit` articles with any of the words nearest to the middle of a time span."""
    if not keys:
        return set()
    distance = func.abs(func.extract("epoch", ArticleRow.reported_at - (start + (end - start) / 2)))
    statement = (
        select(ArticleRow.id)
        .where(ArticleRow.word_keys.overlap(list(keys)))
        .where(ArticleRow.reported_at.between(start, end))
        .order_by(distance, ArticleRow.id)
        .limit(limit)
    )
    return set(session.scalars(statement))


def save_word_keys(session: Session, keys: Mapping[int, Sequence[int]]) -> None:
    """Store the keys of each article's rare words, for lookups by later articles."""
    values = [{"id": article_id, "word_keys": list(words)} for article_id, words in keys.items()]
    if values:
        session.execute(update(ArticleRow), values)


def load_publication_times(
    session: Session, feed_ids: Iterable[int], *, count: int = 20
) -> dict[int, list[datetime]]:
    """Return trusted publication times of each feed's latest articles, newest article first."""
    ids = list(feed_ids)
    if not ids:
        return {}
    feed = func.unnest(literal(ids, ARRAY(BigInteger))).column_valued("feed_id")
    latest = (
        select(ArticleRow.published)
        .where(ArticleRow.feed_id == feed, ArticleRow.published.is_not(None))
        .order_by(ArticleRow.id.desc())
        .limit(count)
        .lateral()
    )
    times: dict[int, list[datetime]] = {}
    for feed_id, published in session.execute(select(feed, latest.c.published)):
        times.setdefault(feed_id, []).append(published)
    return times


def is_empty(session: Session) -> bool:
    """Return whether no article is stored."""
    return session.scalar(select(ArticleRow.id).limit(1)) is None


def count(session: Session) -> int:
    """Return the number of stored articles."""
    return session.scalar(select(func.count()).select_from(ArticleRow)) or 0


def _reserve_ids(
    session: Session, by_hash: Mapping[bytes, Draft], *, now: datetime
) -> dict[int, Draft]:
    """Reserve the new URLs and return their drafts by new article id."""
    existing = set(
        session.scalars(select(ArticleUrlRow.url_hash).where(ArticleUrlRow.url_hash.in_(by_hash)))
    )
    # Sorted, so that concurrent admissions insert in the same order: no deadlock.
    new = sorted(key for key in by_hash if key not in existing)
    if not new:
        return {}
    numbers = session.scalars(
        select(ARTICLE_NUMBERS.next_value()).select_from(func.generate_series(1, len(new)).alias())
    )
    values = [
        {"url_hash": key, "article_id": make_article_id(now, number)}
        for key, number in zip(new, numbers, strict=True)
    ]
    statement = insert(ArticleUrlRow).on_conflict_do_nothing()
    reserved = session.execute(
        statement.returning(ArticleUrlRow.article_id, ArticleUrlRow.url_hash), values
    )
    return {article_id: by_hash[key] for article_id, key in reserved}


def _insert(session: Session, new: Mapping[int, Draft], source: Source, *, now: datetime) -> None:
    classifiable = [
        Classifiable.from_draft(draft, source.outlet_of(draft.link), draft.published or now)
        for draft in new.values()
    ]
    article_types = types.classify_new(session, classifiable, now=now)
    values = [
        {
            "id": article_id,
            "feed_id": source.feed_id,
            "outlet_id": part.outlet_id,
            "type": article_type,
            "published": draft.published,
            "claimed_date": draft.claimed_date,
            "date_flag": draft.date_flag,
            "first_seen": now,
            "reported_at": part.at,
            "url": draft.url,
            "link": draft.link or None,
            "language": draft.language or None,
            **_content(draft),
        }
        for (article_id, draft), part, article_type in zip(
            new.items(), classifiable, article_types, strict=True
        )
    ]
    if values:
        session.execute(insert(ArticleRow), values)


def _revise(session: Session, drafts: Mapping[bytes, Draft], *, now: datetime) -> int:
    """Update articles whose content changed, store the former revisions, and return how many."""
    statement = (
        select(ArticleRow, ArticleUrlRow.url_hash)
        .join(ArticleUrlRow, ArticleUrlRow.article_id == ArticleRow.id)
        .where(ArticleUrlRow.url_hash.in_(drafts))
        .order_by(ArticleRow.id)
        .with_for_update(of=ArticleRow, key_share=True)
    )
    changed = [
        (row, drafts[key])
        for row, key in session.execute(statement).all()
        if _is_revision(row, drafts[key])
    ]
    # The report time of the article, not of the draft: a new date would look like a new instalment.
    classifiable = [
        Classifiable.from_draft(draft, row.outlet_id, row.reported_at) for row, draft in changed
    ]
    article_types = types.classify_new(session, classifiable, now=now)
    for (row, draft), article_type in zip(changed, article_types, strict=True):
        if row.revision < MAX_REVISION:
            session.add(_former_revision(row, now=now))
            row.revision += 1
        else:
            # The number stays, so the vector of the former text must go.
            session.execute(delete(VectorRow).where(VectorRow.article_id == row.id))
        for name, value in _content(draft).items():
            setattr(row, name, value)
        row.type = article_type
        row.stage = "admitted"
        row.boilerplate = []
    return len(changed)


def _former_revision(row: ArticleRow, *, now: datetime) -> RevisionRow:
    return RevisionRow(
        article_id=row.id,
        number=row.revision,
        title=row.title,
        text=row.text,
        body=row.body,
        content_hash=row.content_hash,
        replaced_at=now,
    )


def _is_revision(row: ArticleRow, draft: Draft) -> bool:
    """Whether a draft has new content; another feed of the outlet may still carry older content."""
    is_older = row.updated and (not draft.updated or draft.updated < row.updated)
    return row.content_hash != draft.content_hash and not is_older


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
