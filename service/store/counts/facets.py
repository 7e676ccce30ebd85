"""Facets: the most frequent values of each dimension among the items of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, and_, func, select
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension
from service.store.counts.dimensions import KEYS, join_entities
from service.store.story_views.as_of import is_member, story_table, valid_at
from service.store.story_views.reports import is_hidden
from service.store.tables import ArticleRow, MembershipRow, OutletRow

#: Number of first items of the list that facets count.
MAX_ITEMS = 10_000
#: Maximum number of values of a facet.
MAX_VALUES = 20


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a dimension with their number of items; "" is unknown.

    Not `exact` if the list has `MAX_ITEMS` or more items. Then only the first ones are counted.
    """

    dimension: Dimension
    counts: dict[str, int]
    more: bool  #: whether there are further values
    exact: bool


def count_story_facets(
    session: Session,
    story_ids: Select[str],
    dimensions: Sequence[Dimension],
    *,
    as_of: datetime | None = None,
) -> list[Facet]:
    """Count stories by the values of their reports; one statement for each dimension."""
    items = _first_items(story_ids)
    return [
        _count_facet(session, items, each, MembershipRow.story_id, as_of) for each in dimensions
    ]


def count_article_facets(
    session: Session,
    article_ids: Select[int],
    dimensions: Sequence[Dimension],
    *,
    as_of: datetime | None = None,
) -> list[Facet]:
    """Count articles by their values; one statement for each dimension."""
    items = _first_items(article_ids)
    return [_count_facet(session, items, each, ArticleRow.id, as_of) for each in dimensions]


def _first_items(ids: Select[*tuple[Any, ...]]) -> CTE:
    return ids.limit(MAX_ITEMS).cte("items").prefix_with("MATERIALIZED")


def _count_facet(
    session: Session, items: CTE, dimension: Dimension, column: Any, as_of: datetime | None
) -> Facet:
    story = story_table(as_of)
    key = KEYS[dimension](story)
    counted = func.count(column.distinct())
    [item] = items.c
    statement = (
        select(counted, key, select(func.count()).select_from(items).scalar_subquery())
        .select_from(ArticleRow)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .outerjoin(MembershipRow, (MembershipRow.article_id == ArticleRow.id) & is_member(as_of))
        .outerjoin(story, and_(story.id == MembershipRow.story_id, *valid_at(as_of)))
        .where(column.in_(select(item)), ~is_hidden(ArticleRow.id))
    )
    if dimension is Dimension.ENTITY:
        statement = join_entities(statement, story)
    grouped = statement.group_by(key).order_by(counted.desc(), key).limit(MAX_VALUES + 1)
    rows = session.execute(grouped).all()
    return Facet(
        dimension,
        {value: count for count, value, _ in rows[:MAX_VALUES]},
        more=len(rows) > MAX_VALUES,
        exact=all(items_read < MAX_ITEMS for _, _, items_read in rows),
    )
