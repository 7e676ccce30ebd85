"""Articles, one or many, with the stories they belong to now."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.orm import Session

from service.errors import HiddenError, NotFoundError
from service.store.database.arrays import among
from service.store.database.paging import Page, Position, cut
from service.store.story_views.as_of import reprints
from service.store.story_views.reports import (
    FULL,
    LANGUAGE_CODE,
    Member,
    is_hidden,
    member_from,
    with_original,
)
from service.store.story_views.views import StoryName
from service.store.tables import (
    ArticleRow,
    CopyRow,
    MembershipRow,
    OutletRow,
    StoryRow,
)


@dataclass(frozen=True, slots=True)
class ArticleDetail:
    """An article; `story` is None while it waits for its place, or where an editor hid that."""

    member: Member
    feed_id: int
    story: StoryName | None


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles; None and () leave a condition out. Times are those of the reports."""

    since: datetime | None = None
    until: datetime | None = None  #: excluded itself
    outlets: tuple[str, ...] = ()  #: slugs
    families: tuple[str, ...] = ()  #: slugs
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    story: str | None = None  #: id
    feed: int | None = None
    copies: bool | None = None  #: only reprints, or none of them


def get_article(session: Session, article_id: int) -> ArticleDetail:
    """One article; one statement.

    Raises:
        NotFoundError: there is no such article.
        HiddenError: an editor hid it.
    """
    statement = _details().add_columns(is_hidden(ArticleRow.id)).where(ArticleRow.id == article_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError("article", article_id)
    *detail, hidden = row
    if hidden:
        raise HiddenError("article", article_id)
    return _detail(*detail)


class Order(StrEnum):
    """In what order articles are listed: by the time of their report, from which end."""

    NEWEST = "newest"
    OLDEST = "oldest"


def list_articles(
    session: Session,
    wanted: ArticleFilter,
    *,
    sort: Order = Order.NEWEST,
    after: Position | None = None,
    limit: int = 50,
) -> Page[ArticleDetail]:
    """Articles that no editor hid, by the time of their report; at most three statements."""
    conditions = [*_shown(), *_conditions(wanted), *_of_outlets(session, wanted)]
    # Which ones first, and only then everything about them: so the order comes from an index.
    statement = _placed(ArticleRow.id).where(*conditions, *_beyond(after, sort))
    ids = session.scalars(statement.order_by(*_keys(sort)).limit(limit + 1)).all()
    known = articles_of(session, ids)
    reports = [(known[key], known[key].member.report) for key in ids]
    return cut([(each, (told.reported_at, told.article_id)) for each, told in reports], limit)


def _keys(sort: Order) -> list[ColumnElement[Any]]:
    keys = (ArticleRow.reported_at, ArticleRow.id)
    return [key.desc() if sort is Order.NEWEST else key.asc() for key in keys]


def _beyond(after: Position | None, sort: Order) -> Iterable[ColumnElement[bool]]:
    """What comes after a position; its second part an index over times alone can use."""
    if after is None:
        return
    at, (keys, position) = after[0], (tuple_(ArticleRow.reported_at, ArticleRow.id), tuple_(*after))
    newest = sort is Order.NEWEST
    yield keys < position if newest else keys > position
    yield ArticleRow.reported_at <= at if newest else ArticleRow.reported_at >= at


def articles_of(session: Session, ids: Collection[int]) -> dict[int, ArticleDetail]:
    """These articles by id; unknown ones are left out. One statement."""
    if not ids:
        return {}
    rows = session.execute(_details().where(among(ArticleRow.id, ids)))
    found = [_detail(*row) for row in rows]
    return {each.member.report.article_id: each for each in found}


def _details() -> Select[*tuple[Any, ...]]:
    """Rows of what `_detail` takes."""
    return with_original(
        _placed(*FULL, ArticleRow.feed_id, StoryRow.id, StoryRow.slug, StoryRow.headline)
    )


def _placed(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Columns of articles, each with its outlet, original, membership and story, if it is shown."""
    present = and_(MembershipRow.article_id == ArticleRow.id, MembershipRow.valid_until.is_(None))
    return (
        select(*columns)
        .select_from(ArticleRow)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .outerjoin(CopyRow, reprints(None))
        .outerjoin(MembershipRow, present)
        .outerjoin(StoryRow, and_(StoryRow.id == MembershipRow.story_id, ~StoryRow.hidden))
    )


def _detail(*row: Any) -> ArticleDetail:
    *member, feed_id, story_id, slug, headline = row
    story = StoryName(story_id, slug, headline) if story_id is not None else None
    return ArticleDetail(member_from(*member), feed_id, story)


def _shown() -> Iterable[ColumnElement[bool]]:
    """No editor hid the article or its story: it is in one that is shown, or in none at all."""
    yield ~is_hidden(ArticleRow.id)
    yield (StoryRow.id.is_not(None)) | (MembershipRow.id.is_(None))


def _conditions(wanted: ArticleFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.since:
        yield ArticleRow.reported_at >= wanted.since
    if wanted.until:
        yield ArticleRow.reported_at < wanted.until
    if wanted.story:
        yield MembershipRow.story_id == wanted.story
    if wanted.feed is not None:
        yield ArticleRow.feed_id == wanted.feed
    if wanted.copies is not None:
        copied = CopyRow.article_id
        yield copied.is_not(None) if wanted.copies else copied.is_(None)
    if wanted.languages:
        yield LANGUAGE_CODE.in_([code.lower() for code in wanted.languages])


def _of_outlets(session: Session, wanted: ArticleFilter) -> Iterable[ColumnElement[bool]]:
    """Whether an article's outlet is one of some, whose ids are looked up first."""
    given = {
        OutletRow.slug: wanted.outlets,
        OutletRow.family: wanted.families,
        OutletRow.country: tuple(code.upper() for code in wanted.countries),
    }
    if asked := [column.in_(values) for column, values in given.items() if values]:
        ids = session.scalars(select(OutletRow.id).where(*asked)).all()
        yield ArticleRow.outlet_id.in_(ids)
