"""Read queries on storylines: the list, and one storyline with its stories."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from service.domain.articles.article_types import ArticleType
from service.errors import NotFoundError
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.database.arrays import equals_any
from service.store.database.paging import Page, Position, make_page, rows_after
from service.store.story_views.as_of import is_copy_at, is_member
from service.store.story_views.views import StoryView, get_stories, list_storyline_stories
from service.store.tables import (
    ArticleRow,
    CopyRow,
    MembershipRow,
    OutletRow,
    StorylineRow,
    StoryRow,
)

#: Sort key of storylines without stories.
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StorylineView:
    """A storyline with its stories, the latest first."""

    id: str
    title: str
    created_at: datetime
    stories: tuple[StoryView, ...]


class StorylineOrder(StrEnum):
    """Sort order of storylines: by id, by creation time or by last report, latest first."""

    ID = "id"
    NEWEST = "newest"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class StorylineBrief:
    """A storyline with the number and time span of its stories, without hidden and merged ones."""

    id: str
    title: str
    created_at: datetime
    stories: int
    first_reported_at: datetime | None
    last_reported_at: datetime | None


def list_storylines(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    ids: Sequence[str] = (),
    text: str = "",
    sort: StorylineOrder = StorylineOrder.ID,
    after: Position | None = None,
    limit: int = 50,
) -> Page[StorylineBrief]:
    """A page of storylines that have a story with its last report in the period; one statement.

    With `ids`, only these; with `text`, only those with this part in the title, in any case.
    """
    extent = _extent()
    statement = _select_briefs(extent).limit(limit + 1)
    if ids:
        statement = statement.where(equals_any(StorylineRow.id, ids))
    if text:
        statement = statement.where(StorylineRow.title.icontains(text, autoescape=True))
    times = []
    if since is not None:
        times.append(StoryRow.last_reported_at >= since)
    if until is not None:
        times.append(StoryRow.last_reported_at < until)
    if times:
        statement = statement.where(exists(select(StoryRow.id).where(*_is_listed(), *times)))
    by_id = sort is StorylineOrder.ID
    key = StorylineRow.id.expression
    if by_id:
        statement = statement.where(key > (after[0] if after else "")).order_by(key)
    else:
        latest = func.coalesce(extent.c.last, NEVER)
        time = latest if sort is StorylineOrder.LATEST else StorylineRow.created_at.expression
        keys = (time, key)
        statement = statement.order_by(*(each.desc() for each in keys))
        statement = statement.where(rows_after(keys, after)) if after else statement
    briefs = [StorylineBrief(*row) for row in session.execute(statement)]
    return make_page([(each, _position(each, sort)) for each in briefs], limit)


def _position(brief: StorylineBrief, sort: StorylineOrder) -> Position:
    if sort is StorylineOrder.ID:
        return (brief.id,)
    latest = brief.last_reported_at or NEVER
    return (latest if sort is StorylineOrder.LATEST else brief.created_at, brief.id)


def _extent() -> LateralFromClause:
    """Number and time span of the stories of the outer query's storyline."""
    return (
        select(
            func.count().label("stories"),
            func.min(StoryRow.first_reported_at).label("first"),
            func.max(StoryRow.last_reported_at).label("last"),
        )
        .where(*_is_listed())
        .lateral()
    )


def _select_briefs(extent: LateralFromClause) -> Select[*tuple[Any, ...]]:
    """A SELECT of the fields of `StorylineBrief`."""
    columns = (StorylineRow.id, StorylineRow.title, StorylineRow.created_at)
    return select(*columns, extent.c.stories, extent.c.first, extent.c.last).join(extent, true())


def _is_listed() -> tuple[ColumnElement[bool], ...]:
    """Conditions on a story of the outer query's storyline: neither merged nor hidden."""
    return (
        StoryRow.storyline_id == StorylineRow.id,
        StoryRow.state != "merged",
        ~StoryRow.hidden,
    )


def get_storyline(session: Session, storyline_id: str) -> StorylineView:
    """One storyline; three statements.

    Raises:
        NotFoundError: the storyline does not exist.
    """
    row = session.get(StorylineRow, storyline_id)
    if row is None:
        raise NotFoundError("storyline", storyline_id)
    return StorylineView(row.id, row.title, row.created_at, list_storyline_stories(session, row.id))


def list_latest_stories(
    session: Session, storylines: Collection[str], *, per_storyline: int
) -> dict[str, list[StoryView]]:
    """The latest visible stories of each storyline, oldest first."""
    if not storylines:
        return {}
    newest = (StoryRow.last_reported_at.desc(), StoryRow.id.desc())
    number = func.row_number().over(partition_by=StoryRow.storyline_id, order_by=newest)
    numbered = (
        select(StoryRow.storyline_id, StoryRow.id, number.label("number"))
        .where(equals_any(StoryRow.storyline_id, storylines))
        .where(StoryRow.state != "merged", ~StoryRow.hidden)
        .subquery()
    )
    statement = (
        select(numbered.c.storyline_id, numbered.c.id)
        .where(numbered.c.number <= per_storyline)
        .order_by(numbered.c.number.desc())
    )
    rows = session.execute(statement).all()
    views = get_stories(session, [row.id for row in rows])
    stories: dict[str, list[StoryView]] = defaultdict(list)
    for storyline, story in rows:
        if story in views:
            stories[storyline].append(views[story])
    return stories


def count_storyline_families(session: Session, storylines: Collection[str]) -> dict[str, int]:
    """Number of publisher families with a report in any story of each storyline; one statement.

    Copies and articles that are not reports do not count.
    """
    is_copy = exists(select(CopyRow.article_id).where(is_copy_at(None)))
    independent = (is_member(None), ~is_copy, EFFECTIVE_TYPE == ArticleType.REPORT)
    statement = (
        select(StoryRow.storyline_id, func.count(OutletRow.family.distinct()))
        .join(MembershipRow, MembershipRow.story_id == StoryRow.id)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(equals_any(StoryRow.storyline_id, storylines), *independent)
        .group_by(StoryRow.storyline_id)
    )
    return {line: count for line, count in session.execute(statement) if line}
