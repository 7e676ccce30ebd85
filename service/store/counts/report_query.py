"""SELECT of the reports that a count covers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.store.articles.views import ArticleFilter, article_conditions
from service.store.counts.dimensions import KEYS, OF_OUTLETS, OF_STORIES, join_entities
from service.store.counts.first_reports import is_first_report
from service.store.queries.reports import has_language, report_conditions
from service.store.queries.stories import story_conditions
from service.store.story_views.as_of import (
    StoryTable,
    is_copy_at,
    is_member,
    story_table,
    valid_at,
)
from service.store.story_views.reports import is_among_hidden
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow


def select_reports(
    session: Session, filters: ArticleFilter, unit: Unit, by: Collection[Dimension]
) -> Select[*tuple[Any, ...]]:
    """Select `article_id`, `story_id`, `reported_at` and a column for each dimension.

    A report has one row for each entity of its story if `by` contains entities. `story_id` is only
    selected if it is needed. Runs one statement if a condition on outlets is set.
    """
    as_of = filters.query.time
    story = story_table(as_of)
    on_reports, on_stories = filters.query.split()
    of_story = list(story_conditions(story, as_of, on_stories))
    keys = [KEYS[each](story).label(each) for each in by]
    columns: list[Any] = [ArticleRow.id.label("article_id"), ArticleRow.reported_at, *keys]
    with_story = unit is not Unit.ARTICLES or of_story or OF_STORIES & {*by}
    if with_story:
        columns.append(MembershipRow.story_id)
    statement = select(*columns).select_from(ArticleRow).where(~is_among_hidden(ArticleRow.id))
    if OF_OUTLETS & {*by} or has_language(on_reports):
        statement = statement.join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
    if filters.copies is not None:
        statement = statement.outerjoin(CopyRow, is_copy_at(as_of))
    if with_story or filters.story:
        statement = _join_story(statement, story, as_of).where(*of_story)
    else:
        statement = statement.where(~_is_in_hidden_story(as_of))
    if Dimension.ENTITY in by:
        statement = join_entities(statement, story)
    if unit is Unit.FIRST_REPORTS:
        statement = statement.where(*is_first_report(as_of))
    if as_of is not None:
        statement = statement.where(ArticleRow.first_seen <= as_of)
    return statement.where(*article_conditions(filters), *report_conditions(session, on_reports))


def _join_story(
    statement: Select[*tuple[Any, ...]], story: StoryTable, as_of: datetime | None
) -> Select[*tuple[Any, ...]]:
    membership = and_(MembershipRow.article_id == ArticleRow.id, is_member(as_of))
    return (
        statement.join(MembershipRow, membership)
        .join(story, story.id == MembershipRow.story_id)
        .where(~story.hidden, *valid_at(as_of))
    )


def _is_in_hidden_story(as_of: datetime | None) -> ColumnElement[bool]:
    story = story_table(None)
    members = select(MembershipRow.id).join(story, story.id == MembershipRow.story_id)
    # A list that is read once: few stories are hidden.
    hidden = members.where(is_member(as_of), story.hidden)
    return ArticleRow.id.in_(hidden.with_only_columns(MembershipRow.article_id).offset(0))
