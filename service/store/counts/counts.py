"""Counts of reports by dimension and by time interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Subquery, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension, Unit
from service.store.articles.views import ArticleFilter
from service.store.counts.report_query import select_reports

#: A value of each dimension of a count; "" if it is unknown.
Keys = tuple[str, ...]
#: Counts by index of the interval and values of the dimensions.
Cells = dict[tuple[int, Keys], int]


@dataclass(frozen=True, slots=True)
class Groups:
    """The count of each combination of values, the largest first.

    `total` counts each article or story once, also if it is in several groups or in none of these.
    """

    total: int
    counts: dict[Keys, int]
    more: bool  #: whether there are further groups


def load_counts(
    session: Session,
    filters: ArticleFilter,
    unit: Unit,
    by: Sequence[Dimension],
    *,
    starts: Sequence[datetime],
    limit: int,
) -> tuple[Groups, Cells]:
    """The `limit` largest groups, and their counts by interval; at most four statements.

    Without `starts`, there is one interval. Without `by`, the only group has no values, and
    intervals without reports have the count 0. With `by`, counts of 0 are omitted. Cells are in
    order of the intervals, then of the groups.
    """
    if starts and not by:
        return _count_by_interval(session, filters, unit, starts)
    groups = _count_by_value(session, filters, unit, by, limit=limit)
    cells = {(0, keys): count for keys, count in groups.counts.items()}
    if starts and groups.counts:
        only = [*groups.counts] if groups.more else []
        cells = _count_cells(session, filters, unit, by, starts=starts, groups=only)
    rank = {keys: position for position, keys in enumerate(groups.counts)}
    return groups, dict(sorted(cells.items(), key=lambda cell: (cell[0][0], rank[cell[0][1]])))


def _count_by_value(
    session: Session, filters: ArticleFilter, unit: Unit, by: Sequence[Dimension], *, limit: int
) -> Groups:
    reports = select_reports(session, filters, unit, by).subquery()
    measure = _measure(reports, unit, by)
    if not by:
        return Groups(session.scalars(select(measure)).one(), {}, more=False)
    keys = [reports.c[each] for each in by]
    is_total = func.grouping(*keys)
    statement = (
        select(measure, *keys)
        .group_by(func.grouping_sets(tuple_(*keys), tuple_()))
        .order_by(is_total.desc(), measure.desc(), *keys)
        .limit(limit + 2)
    )
    (total, *_), *rows = session.execute(statement).all()
    counts = {tuple(key): count for count, *key in rows[:limit]}
    return Groups(total, counts, more=len(rows) > limit)


def _count_by_interval(
    session: Session, filters: ArticleFilter, unit: Unit, starts: Sequence[datetime]
) -> tuple[Groups, Cells]:
    reports = select_reports(session, filters, unit, ()).subquery()
    interval = _interval_of(reports, starts)
    statement = select(interval, _measure(reports, unit, ()))
    grouped = statement.group_by(func.grouping_sets(tuple_(interval), tuple_()))
    counts: dict[int | None, int] = dict(session.execute(grouped).all())
    cells: Cells = {(index, ()): counts.get(index + 1, 0) for index in range(len(starts))}
    return Groups(counts[None], {}, more=False), cells


def _count_cells(
    session: Session,
    filters: ArticleFilter,
    unit: Unit,
    by: Sequence[Dimension],
    *,
    starts: Sequence[datetime],
    groups: Sequence[Keys],
) -> Cells:
    """Count by interval and group; without `groups`, by all groups."""
    reports = select_reports(session, filters, unit, by).subquery()
    keys = [reports.c[each] for each in by]
    interval = _interval_of(reports, starts)
    statement = select(interval, _measure(reports, unit, ()), *keys).group_by(interval, *keys)
    if groups:
        statement = statement.where(tuple_(*keys).in_(groups))
    return {(index - 1, tuple(key)): count for index, count, *key in session.execute(statement)}


def _measure(reports: Subquery, unit: Unit, by: Sequence[Dimension]) -> ColumnElement[int]:
    if unit is Unit.STORIES:
        return func.count(reports.c.story_id.distinct())
    if Dimension.ENTITY in by:  # a report has one row for each entity
        return func.count(reports.c.article_id.distinct())
    return func.count(reports.c.article_id)


def _interval_of(reports: Subquery, starts: Sequence[datetime]) -> ColumnElement[Any]:
    """The number of the interval of a report, from 1."""
    array = bindparam(None, list(starts), type_=ARRAY(DateTime(timezone=True)), unique=True)
    return func.width_bucket(reports.c.reported_at, array)
