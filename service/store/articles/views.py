"""Articles for the API, with their current stories: one, some, or a filtered page."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from service.domain.queries.conditions import EVERYTHING, Query
from service.errors import HiddenError, NotFoundError
from service.store.counts.first_reports import is_first_report
from service.store.database.arrays import equals_any
from service.store.database.paging import Page, Position, make_page
from service.store.queries.reports import report_conditions
from service.store.queries.stories import story_conditions
from service.store.story_views.as_of import is_copy_at, is_member, story_table, valid_at
from service.store.story_views.history import select_survivors
from service.store.story_views.reports import (
    MEMBER_COLUMNS,
    Member,
    at_revision,
    is_hidden,
    member_from_row,
    was_known,
    with_original,
)
from service.store.story_views.views import StoryName
from service.store.tables import (
    ArticleRow,
    CopyRow,
    MembershipRow,
    OutletRow,
)

#: Number of articles that a cursor reads at once.
BATCH_SIZE = 500
#: Evidence is the largest column, and slow to parse.
_NO_EVIDENCE: ColumnElement[Any] = literal_column("'{}'::jsonb", type_=JSONB)


@dataclass(frozen=True, slots=True)
class ArticleDetail:
    """An article; `story` is None before it is placed, or if an editor hid the story."""

    member: Member
    feed_id: int
    story: StoryName | None


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Conditions on articles; None means no condition.

    `query` is resolved. Its conditions on reports apply to each article, the others to its story.
    With its `as_of`, only articles known at that time, in the story of that time.
    """

    query: Query = EVERYTHING
    story: str | None = None  #: id
    feed: int | None = None
    copies: bool | None = None  #: True: only copies; False: no copies
    ids: tuple[int, ...] | None = None  #: () matches no article
    first: bool = False  #: only articles that certainly are the first report of their story


def get_article(session: Session, article_id: int) -> ArticleDetail:
    """Return an article; one statement.

    Raises:
        NotFoundError: there is no article with this id.
        HiddenError: an editor hid the article.
    """
    statement = _details().add_columns(is_hidden(ArticleRow.id)).where(ArticleRow.id == article_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError("article", article_id)
    *detail, hidden = row
    if hidden:
        raise HiddenError("article", article_id)
    return _detail(*detail)


class ArticleOrder(StrEnum):
    """Sort order of articles: newest or oldest first, by report time."""

    NEWEST = "newest"
    OLDEST = "oldest"


def list_articles(
    session: Session,
    filters: ArticleFilter,
    *,
    sort: ArticleOrder = ArticleOrder.NEWEST,
    after: Position | None = None,
    limit: int = 50,
) -> Page[ArticleDetail]:
    """List visible articles by report time; at most three statements."""
    # Select ids first and the columns afterwards, so that an index provides the order.
    statement = select_article_ids(session, filters, sort=sort).where(*_rows_after(after, sort))
    ids = session.scalars(statement.limit(limit + 1)).all()
    loaded = load_articles(session, ids, as_of=filters.query.time)
    rows = [(loaded[key], loaded[key].member.report) for key in ids]
    return make_page(
        [(each, (report.reported_at, report.article_id)) for each, report in rows], limit
    )


def select_article_ids(
    session: Session, filters: ArticleFilter, *, sort: ArticleOrder = ArticleOrder.NEWEST
) -> Select[int]:
    """Select the ids of all visible articles, in order; at most one statement for outlets."""
    as_of = filters.query.time
    story = story_table(as_of)
    # Neither the article nor its story is hidden; an article may have no story.
    visible = (~is_hidden(ArticleRow.id), story.id.is_not(None) | MembershipRow.id.is_(None))
    of_reports, of_stories = filters.query.split()
    conditions = [
        *visible,
        *article_conditions(filters),
        *report_conditions(session, of_reports),
        *story_conditions(story, as_of, of_stories),
    ]
    if filters.first:
        conditions += is_first_report(as_of)
    if as_of is not None:
        conditions += was_known(as_of)
    keys = (ArticleRow.reported_at, ArticleRow.id)
    order = [key.desc() if sort is ArticleOrder.NEWEST else key.asc() for key in keys]
    return _with_story(as_of, ArticleRow.id).where(*conditions).order_by(*order)


def _rows_after(after: Position | None, sort: ArticleOrder) -> Iterable[ColumnElement[bool]]:
    """Yield the conditions for rows after a position; the second one can use an index on times."""
    if after is None:
        return
    at, (keys, position) = after[0], (tuple_(ArticleRow.reported_at, ArticleRow.id), tuple_(*after))
    newest = sort is ArticleOrder.NEWEST
    yield keys < position if newest else keys > position
    yield ArticleRow.reported_at <= at if newest else ArticleRow.reported_at >= at


def load_articles(
    session: Session, ids: Collection[int], *, as_of: datetime | None = None
) -> dict[int, ArticleDetail]:
    """Return articles at `as_of` by id; missing ids are skipped. One statement."""
    if not ids:
        return {}
    rows = session.execute(_details(as_of).where(equals_any(ArticleRow.id, ids)))
    details = [_detail(*row) for row in rows]
    return {each.member.report.article_id: each for each in details}


def stream_articles(
    session: Session,
    filters: ArticleFilter,
    *,
    sort: ArticleOrder = ArticleOrder.NEWEST,
    limit: int | None = None,
) -> Iterator[Sequence[ArticleDetail]]:
    """Yield visible articles in batches from a cursor of the database, without evidence."""
    as_of = filters.query.time
    matching = select_article_ids(session, filters, sort=sort).limit(limit)
    columns = [_NO_EVIDENCE if each is MembershipRow.evidence else each for each in MEMBER_COLUMNS]
    statement = _with_details(matching, as_of, columns)
    with session.execute(statement.execution_options(yield_per=BATCH_SIZE)) as rows:
        for batch in rows.partitions():
            yield [_detail(*row) for row in batch]


def _details(as_of: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Select the arguments of `_detail`."""
    return _with_details(_with_story(as_of, ArticleRow.id), as_of, MEMBER_COLUMNS)


def _with_details(
    statement: Select[*tuple[Any, ...]], as_of: datetime | None, member_columns: Sequence[Any]
) -> Select[*tuple[Any, ...]]:
    """Replace the columns of `_with_story` by the arguments of `_detail`."""
    story = story_table(as_of)
    columns = (*member_columns, ArticleRow.feed_id, story.id, story.slug, story.headline)
    if as_of is None:
        return with_original(statement.with_only_columns(*columns))
    return with_original(at_revision(columns, statement, as_of))


def _with_story(as_of: datetime | None, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select columns of articles joined with outlet, original, membership and visible story."""
    story = story_table(as_of)
    membership = and_(MembershipRow.article_id == ArticleRow.id, is_member(as_of))
    is_visible = and_(story.id == MembershipRow.story_id, ~story.hidden, *valid_at(as_of))
    return (
        select(*columns)
        .select_from(ArticleRow)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .outerjoin(CopyRow, is_copy_at(as_of))
        .outerjoin(MembershipRow, membership)
        .outerjoin(story, is_visible)
    )


def _detail(*row: Any) -> ArticleDetail:
    *member, feed_id, story_id, slug, headline = row
    story = StoryName(story_id, slug, headline) if story_id is not None else None
    return ArticleDetail(member_from_row(*member), feed_id, story)


def article_conditions(filters: ArticleFilter) -> Iterable[ColumnElement[bool]]:
    """Yield the conditions on articles without those of the query."""
    if filters.story:
        survivors = select_survivors([filters.story], filters.query.time)
        yield or_(MembershipRow.story_id == filters.story, MembershipRow.story_id.in_(survivors))
    if filters.ids is not None:
        yield equals_any(ArticleRow.id, filters.ids)
    if filters.feed is not None:
        yield ArticleRow.feed_id == filters.feed
    if filters.copies is not None:
        copy = CopyRow.article_id
        yield copy.is_not(None) if filters.copies else copy.is_(None)
