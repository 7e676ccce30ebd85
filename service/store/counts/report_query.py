"""SELECT of the reports that a count covers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.domain.stories.filters import StoryFilter
from service.store.articles.views import ArticleFilter, article_conditions, outlet_conditions
from service.store.counts.dimensions import KEYS, OF_OUTLETS, OF_STORIES, join_entities
from service.store.counts.first_reports import is_first_report
from service.store.story_views.as_of import (
    StoryTable,
    is_member,
    is_reprint,
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
        statement = statement.where(*is_first_report(filters.as_of))
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
