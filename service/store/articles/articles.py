"""Articles: stages, loading for the grouping, words, report times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    RowMapping,
    Select,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from service.domain.articles.article_types import ArticleType
from service.domain.articles.boilerplate import cut
from service.domain.articles.entries import Draft
from service.domain.articles.model import Article, Stage
from service.domain.articles.tokenization import LEAD_CHARACTERS
from service.domain.text.spans import Span
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.database.arrays import equals_any, split
from service.store.tables import ArticleRow, OutletRow

#: The text of the page if it was read, else the longer of lead and body: the body is stored only
#: if it is longer. For grouping and descriptions, not for display.
LONGEST_TEXT = func.coalesce(
    func.nullif(ArticleRow.page_text, ""), func.nullif(ArticleRow.body, ""), ArticleRow.text
)


def load(session: Session, ids: Iterable[int]) -> list[Article]:
    """Load articles without their boilerplate, in order of ids; missing ids are skipped."""
    return [
        replace(article, text=cut(article.text, row["boilerplate"]))
        for part in split(sorted(set(ids)))
        for row in session.execute(
            select_articles().where(equals_any(ArticleRow.id, part))
        ).mappings()
        for article in [make_article(row)]
    ]


def select_articles() -> Select[Any]:
    """Select the columns of `make_article` and `boilerplate`, in order of ids."""
    article = ArticleRow
    columns = (article.id, article.title, LONGEST_TEXT.label("text"), article.url)
    return (
        select(*columns, article.published, article.date_precision)
        .add_columns(article.language, article.boilerplate)
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
        day_only=row["date_precision"] == "day",
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
        .where(equals_any(ArticleRow.id, ids))
        .order_by(ArticleRow.id)
    )
    return [
        Article(key, title, cut(text, spans), outlet)
        for key, title, text, outlet, spans in session.execute(statement)
    ]


def load_latest_ids(session: Session, *, limit: int) -> list[int]:
    """Return the ids of the latest articles, the newest first."""
    return list(session.scalars(select(ArticleRow.id).order_by(ArticleRow.id.desc()).limit(limit)))


def find_in_stage(session: Session, stage: Stage) -> dict[int, datetime]:
    """Return the report time of each article in a stage, by id."""
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(ArticleRow.stage == stage)
    return dict(session.execute(statement.order_by(ArticleRow.id)).all())


@dataclass(frozen=True, slots=True)
class Lag:
    """Delays of an article, in seconds."""

    to_fetch: float | None  #: from its publication to its first fetch, if the date is trusted
    to_story: float  #: from its first fetch until now


def measure_lags(session: Session, ids: Iterable[int], *, now: datetime) -> list[Lag]:
    """Return the delays of articles that just got their story."""
    to_fetch = case(
        (
            ArticleRow.date_precision == "minute",
            func.extract("epoch", ArticleRow.first_seen - ArticleRow.published),
        )
    )
    statement = select(ArticleRow.first_seen, to_fetch).where(equals_any(ArticleRow.id, ids))
    return [
        Lag(None if fetch is None else max(float(fetch), 0), (now - seen).total_seconds())
        for seen, fetch in session.execute(statement)
    ]


def advance_stage(session: Session, ids: Iterable[int], *, before: Stage, after: Stage) -> None:
    """Set the stage of articles that are still in stage `before`: a revision resets the stage."""
    unchanged = equals_any(ArticleRow.id, ids), ArticleRow.stage == before
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
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(equals_any(ArticleRow.id, ids))
    return dict(session.execute(statement).all())


def find_placed_within(session: Session, spans: Iterable[Span]) -> dict[int, datetime]:
    """Return the report time, by id, of placed articles that were reported within the spans."""
    within = [ArticleRow.reported_at.between(start, end) for start, end in spans]
    statement = select(ArticleRow.id, ArticleRow.reported_at).where(
        or_(false(), *within), ArticleRow.stage != "admitted"
    )
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


def find_sharing_words(
    session: Session,
    report_times: Mapping[int, datetime],
    *,
    keys: int,
    reach: timedelta,
    limit: int,
) -> set[int]:
    """Find the articles that share one of the `keys` rarest words of a given article.

    `report_times` are those of the given articles, by id. The articles found for one of them are
    the `limit` nearest in time, within `reach` of it.
    """
    if not report_times:
        return set()
    given = aliased(ArticleRow)
    # The constant span of all given articles leaves out the history. The limit on the distance
    # cannot use the index of times, which would read the whole span for each article.
    start, end = min(report_times.values()) - reach, max(report_times.values()) + reach
    distance = func.abs(func.extract("epoch", ArticleRow.reported_at - given.reported_at))
    near = (
        select(ArticleRow.id)
        .where(ArticleRow.word_keys.overlap(given.word_keys[1:keys]), ArticleRow.id != given.id)
        .where(ArticleRow.reported_at.between(start, end), distance <= reach.total_seconds())
        .order_by(distance, ArticleRow.id)
        .limit(limit)
        .lateral()
    )
    statement = select(near.c.id).distinct().select_from(given).join(near, true())
    return set(session.scalars(statement.where(equals_any(given.id, report_times))))


def save_word_keys(session: Session, keys: Mapping[int, Sequence[int]]) -> None:
    """Store the keys of each article's rare words, for lookups by later articles."""
    values = [{"id": article_id, "word_keys": list(words)} for article_id, words in keys.items()]
    if values:
        session.execute(update(ArticleRow), values)


def load_publication_times(
    session: Session, feed_ids: Iterable[int], *, count: int = 20
) -> dict[int, list[datetime]]:
    """Return exact publication times of each feed's latest articles, newest article first."""
    ids = list(feed_ids)
    if not ids:
        return {}
    feed = func.unnest(literal(ids, ARRAY(BigInteger))).column_valued("feed_id")
    latest = (
        select(ArticleRow.published)
        .where(ArticleRow.feed_id == feed, ArticleRow.published.is_not(None))
        .where(ArticleRow.date_precision == "minute")
        .order_by(ArticleRow.id.desc())
        .limit(count)
        .lateral()
    )
    times: dict[int, list[datetime]] = {}
    for feed_id, published in session.execute(select(feed, latest.c.published)):
        times.setdefault(feed_id, []).append(published)
    return times


def date_values(draft: Draft, first_seen: datetime) -> dict[str, Any]:
    """Return the values of the date columns of an article that was first seen at a time."""
    return {
        "published": draft.published,
        "date_precision": "day" if draft.date_precision == "day" else "minute",
        "claimed_date": draft.claimed_date,
        "date_flag": draft.date_flag,
        "reported_at": draft.report_time(first_seen),
    }


def is_empty(session: Session) -> bool:
    """Return whether no article is stored."""
    return session.scalar(select(ArticleRow.id).limit(1)) is None


def count(session: Session) -> int:
    """Return the number of stored articles."""
    return session.scalar(select(func.count()).select_from(ArticleRow)) or 0
