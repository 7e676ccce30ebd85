"""SELECT of the reports that a count covers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.stories.filters import StoryFilter
from service.store.articles.views import ArticleFilter, article_conditions, outlet_conditions
from service.store.counts.dimensions import KEYS, OF_OUTLETS, OF_STORIES, join_entities
from service.store.story_views.as_of import (
    StoryTable,
    is_member,
    is_reprint,
    is_valid_at,
    story_table,
    valid_at,
)
from service.store.story_views.filters import conditions
from service.store.story_views.reports import is_hidden
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow

#: Filters of stories that a count applies to each report instead.
REPORT_FILTERS = ("since", "until", "outlet", "family", "country", "language")


@dataclass(frozen=True, slots=True)
class CountFilter:
    """Conditions on reports and on their stories; with `as_of`, at that time.

    Of `stories`, the fields in `REPORT_FILTERS` are ignored.
    """

    reports: ArticleFilter
    stories: StoryFilter
    as_of: datetime | None = None

    @property
    def story_conditions(self) -> StoryFilter:
        """The conditions on stories only."""
        unset = {name: StoryFilter.model_fields[name].get_default() for name in REPORT_FILTERS}
        return self.stories.model_copy(update=unset)


def select_reports(
    session: Session, filters: CountFilter, unit: Unit, by: Collection[Dimension]
) -> Select[*tuple[Any, ...]]:
    """Select `article_id`, `story_id`, `reported_at` and a column for each dimension.

    A report has one row for each entity of its story if `by` contains entities. `story_id` is only
    selected if it is needed. Runs one statement if a condition on outlets is set.
    """
    story = story_table(filters.as_of)
    of_story = list(conditions(story, filters.as_of, filters.story_conditions))
    keys = [KEYS[each](story).label(each) for each in by]
    columns: list[Any] = [ArticleRow.id.label("article_id"), ArticleRow.reported_at, *keys]
    with_story = unit is not Unit.ARTICLES or of_story or OF_STORIES & {*by}
    if with_story:
        columns.append(MembershipRow.story_id)
    statement = select(*columns).select_from(ArticleRow).where(~is_hidden(ArticleRow.id))
    if OF_OUTLETS & {*by} or filters.reports.languages:
        statement = statement.join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
    if filters.reports.copies is not None:
        statement = statement.outerjoin(CopyRow, is_reprint(filters.as_of))
    if with_story or filters.reports.story:
        statement = _join_story(statement, story, filters.as_of).where(*of_story)
    else:
        statement = statement.where(~_is_in_hidden_story(filters.as_of))
    if Dimension.ENTITY in by:
        statement = join_entities(statement, story)
    if unit is Unit.FIRST_REPORTS:
        statement = statement.where(*_is_first_report(filters.as_of))
    return statement.where(*_report_conditions(session, filters))


def _join_story(
    statement: Select[*tuple[Any, ...]], story: StoryTable, as_of: datetime | None
) -> Select[*tuple[Any, ...]]:
    membership = and_(MembershipRow.article_id == ArticleRow.id, is_member(as_of))
    return (
        statement.join(MembershipRow, membership)
        .join(story, story.id == MembershipRow.story_id)
        .where(~story.hidden, *valid_at(as_of))
    )


def _report_conditions(session: Session, filters: CountFilter) -> Iterator[ColumnElement[bool]]:
    yield from article_conditions(filters.reports)
    yield from outlet_conditions(session, filters.reports)
    if filters.as_of is not None:
        yield ArticleRow.first_seen <= filters.as_of


def _is_in_hidden_story(as_of: datetime | None) -> ColumnElement[bool]:
    story = story_table(None)
    members = select(MembershipRow.id).join(story, story.id == MembershipRow.story_id)
    return exists(
        members.where(MembershipRow.article_id == ArticleRow.id, is_member(as_of), story.hidden)
    )


def _is_first_report(as_of: datetime | None) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of `domain.stories.pace.find_first_reporters` on one report.

    Its time is known to the minute, its outlet has no earlier report, and no other outlet can have
    reported earlier.
    """
    other, membership = aliased(ArticleRow), aliased(MembershipRow)
    others = (
        select(membership.id)
        .join(other, other.id == membership.article_id)
        .where(membership.story_id == MembershipRow.story_id, is_valid_at(membership, as_of))
        .where(~is_hidden(other.id))
    )
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
