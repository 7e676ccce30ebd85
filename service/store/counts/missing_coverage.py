"""Comparable stories of a story, and the outlets, countries and languages of their reports."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from service.domain.stories.missing_coverage import (
    MIN_OUTLETS,
    MissingCoverage,
    StoryValues,
    find_missing,
)
from service.errors import NotFoundError
from service.store.database.arrays import equals_any
from service.store.stories.surroundings import MARGIN, is_active
from service.store.story_views.reports import LANGUAGE_CODE, is_hidden
from service.store.tables import ArticleRow, FeedRow, MembershipRow, OutletRow, StoryRow

#: Comparable stories are searched over this time before the last report of the story.
SPAN = timedelta(days=30)
#: Bounds of the search: outlets of the story, their latest articles, and comparable stories.
MAX_OUTLETS, MAX_ARTICLES, MAX_COMPARABLE = 40, 20_000, 300


def load_missing_coverage(session: Session, story_id: str) -> MissingCoverage:
    """Compare a story with its comparable stories; at most five statements.

    A comparable story has at least half of the outlets of the story, and at least two of them.

    Raises:
        NotFoundError: the story does not exist, is merged, or is hidden.
    """
    story = session.get(StoryRow, story_id)
    if story is None or story.hidden or story.state == "merged":
        raise NotFoundError("story", story_id)
    own = _load_values(session, [story_id]).get(story_id, StoryValues())
    latest = session.scalar(select(func.max(ArticleRow.reported_at))) or story.last_reported_at
    age = latest - story.first_reported_at
    if len(own.outlets) < MIN_OUTLETS:
        return find_missing(own, (), StoryValues(), age=age)
    comparable = _load_values(session, _find_comparable(session, story, own.outlets))
    active = _load_active(session, story.first_reported_at, story.last_reported_at)
    return find_missing(own, list(comparable.values()), active, age=age)


@dataclass(frozen=True, slots=True)
class CataloguedOutlet:
    """An outlet with feeds; country and language are those of the outlet."""

    slug: str
    name: str
    country: str | None
    language: str | None
    active: bool  #: it has an article in the given time


def list_catalogued_outlets(
    session: Session, first: datetime, last: datetime
) -> list[CataloguedOutlet]:
    """Outlets with a feed that is not retired, and other active ones, by name.

    An outlet is active with an article from `MARGIN` before `first` to `MARGIN` after `last`. One
    statement, with two index lookups per outlet.
    """
    feed = select(FeedRow.id).where(FeedRow.outlet_id == OutletRow.id, FeedRow.status != "retired")
    active = is_active(first, last)
    statement = (
        select(OutletRow.slug, OutletRow.name, OutletRow.country, OutletRow.language, active)
        .where(feed.exists() | active)
        .order_by(OutletRow.name, OutletRow.slug)
    )
    return [CataloguedOutlet(*row) for row in session.execute(statement)]


def _find_comparable(session: Session, story: StoryRow, outlets: Collection[str]) -> list[str]:
    """The latest visible stories with many of these outlets; one statement."""
    some = sorted(outlets)[:MAX_OUTLETS]
    of_outlets = select(OutletRow.id).where(equals_any(OutletRow.slug, some))
    end = story.last_reported_at
    articles = (
        select(ArticleRow.id, ArticleRow.outlet_id)
        .where(ArticleRow.outlet_id.in_(of_outlets))
        .where(ArticleRow.reported_at > end - SPAN, ArticleRow.reported_at <= end)
        .order_by(ArticleRow.reported_at.desc())
        .limit(MAX_ARTICLES)
        .subquery()
    )
    shared = func.count(articles.c.outlet_id.distinct())
    statement = (
        select(StoryRow.id)
        .join(MembershipRow, MembershipRow.story_id == StoryRow.id)
        .join(articles, articles.c.id == MembershipRow.article_id)
        .where(MembershipRow.valid_until.is_(None), StoryRow.id != story.id)
        .where(StoryRow.state != literal_column("'merged'"), ~StoryRow.hidden)
        .group_by(StoryRow.id)
        .having(shared >= max(2, -(-len(some) // 2)))
        .order_by(StoryRow.last_reported_at.desc(), StoryRow.id)
        .limit(MAX_COMPARABLE)
    )
    return list(session.scalars(statement))


def _load_values(session: Session, story_ids: Collection[str]) -> dict[str, StoryValues]:
    """The values of the current members of these stories; one statement."""
    if not story_ids:
        return {}
    statement = (
        select(MembershipRow.story_id, *_VALUES)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(equals_any(MembershipRow.story_id, story_ids), MembershipRow.valid_until.is_(None))
        .where(~is_hidden(ArticleRow.id))
        .distinct()
    )
    rows: dict[str, list[Any]] = defaultdict(list)
    for story_id, *values in session.execute(statement):
        rows[story_id].append(values)
    return {story_id: _story_values(values) for story_id, values in rows.items()}


def _load_active(session: Session, first: datetime, last: datetime) -> StoryValues:
    """The values with an article around this time; one statement."""
    statement = (
        select(*_VALUES)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(ArticleRow.reported_at.between(first - MARGIN, last + MARGIN))
        .where(~is_hidden(ArticleRow.id))
        .distinct()
    )
    return _story_values(session.execute(statement))


_VALUES = (OutletRow.slug, OutletRow.family, OutletRow.country, LANGUAGE_CODE)


def _story_values(rows: Iterable[Any]) -> StoryValues:
    """The profile of rows of `_VALUES`."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_VALUES)
    return StoryValues(*(frozenset(filter(None, column)) for column in columns))
