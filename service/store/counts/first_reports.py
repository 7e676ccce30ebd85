"""SQL conditions: an article is certainly the first report of its story."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, select, tuple_
from sqlalchemy.orm import aliased

from service.store.articles.types import is_report
from service.store.story_views.as_of import is_valid_at
from service.store.story_views.reports import is_hidden
from service.store.tables import ArticleRow, CopyRow, MembershipRow


def is_first_report(as_of: datetime | None) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of `domain.stories.pace.find_first_reporters` on one report.

    Its type is report, its time is known to the minute, its outlet has no earlier report, and no
    other outlet can have reported earlier. Articles of other types do not count.
    """
    yield MembershipRow.story_id.is_not(None)
    other, membership = aliased(ArticleRow), aliased(MembershipRow)
    others = (
        select(membership.id)
        .join(other, other.id == membership.article_id)
        .where(membership.story_id == MembershipRow.story_id, is_valid_at(membership, as_of))
        .where(~is_hidden(other.id), is_report(other))
    )
    yield is_report(ArticleRow)
    yield from _has_exact_time(ArticleRow)
    only_day = and_(other.published.is_not(None), other.date_precision == "day")
    earliest = case((only_day, other.published), else_=other.reported_at)
    loses_tie = and_(
        other.reported_at == ArticleRow.reported_at,
        *_has_exact_time(other),
        _is_copy(other, as_of),
        ~_is_copy(ArticleRow, as_of),
    )
    overtakes = and_(earliest <= ArticleRow.reported_at, ~loses_tie)
    yield ~exists(others.where(other.outlet_id != ArticleRow.outlet_id, overtakes))
    own, this = (
        tuple_(each.reported_at, each.date_precision != "minute", each.id)
        for each in (other, ArticleRow)
    )
    dated = other.published.is_not(None)
    yield ~exists(others.where(other.outlet_id == ArticleRow.outlet_id, dated, own < this))


def _has_exact_time(article: type[ArticleRow]) -> tuple[ColumnElement[bool], ...]:
    return article.published.is_not(None), article.date_precision == "minute"


def _is_copy(article: type[ArticleRow], as_of: datetime | None) -> ColumnElement[bool]:
    copy = aliased(CopyRow)
    return exists().where(copy.article_id == article.id, is_valid_at(copy, as_of))
