"""Columns of the dimensions of counts, and the names of their values."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.database.arrays import equals_any
from service.store.story_views.as_of import StoryTable
from service.store.story_views.reports import LANGUAGE_CODE
from service.store.tables import FamilyRow, OutletRow, StorylineRow

#: An entity of a story, in a row of its own.
_ENTITY = literal_column("entity", type_=JSONB)
#: The value of each dimension of a report as text; "" if it is unknown.
KEYS: Mapping[Dimension, Callable[[StoryTable], ColumnElement[str]]] = {
    Dimension.OUTLET: lambda _: OutletRow.slug.expression,
    Dimension.FAMILY: lambda _: OutletRow.family.expression,
    Dimension.COUNTRY: lambda _: func.coalesce(OutletRow.country, ""),
    Dimension.LANGUAGE: lambda _: func.coalesce(LANGUAGE_CODE, ""),
    Dimension.TYPE: lambda _: EFFECTIVE_TYPE,
    Dimension.STORYLINE: lambda story: func.coalesce(story.storyline_id, ""),
    Dimension.ENTITY: lambda _: _ENTITY["name"].astext,
}
#: Dimensions that need the outlet of a report.
OF_OUTLETS = {Dimension.OUTLET, Dimension.FAMILY, Dimension.COUNTRY, Dimension.LANGUAGE}
#: Dimensions that need the story of a report.
OF_STORIES = {Dimension.STORYLINE, Dimension.ENTITY}
#: Tables with the names of values: key column and name column.
_NAMES: Mapping[Dimension, tuple[Any, Any]] = {
    Dimension.OUTLET: (OutletRow.slug, OutletRow.name),
    Dimension.FAMILY: (FamilyRow.slug, FamilyRow.name),
    Dimension.STORYLINE: (StorylineRow.id, StorylineRow.title),
}


def join_entities(
    statement: Select[*tuple[Any, ...]], story: StoryTable
) -> Select[*tuple[Any, ...]]:
    """Join one row for each entity of a story."""
    path: ColumnElement[str] = literal_column("'$.entities[*]'")
    entities = func.jsonb_path_query(story.details, path).alias("entity")
    return statement.join(entities, true())


def load_names(session: Session, dimension: Dimension, keys: Collection[str]) -> dict[str, str]:
    """The names of outlets, families and storylines by key; empty for other dimensions."""
    if dimension not in _NAMES or not keys:
        return {}
    key, name = _NAMES[dimension]
    return dict(session.execute(select(key, name).where(equals_any(key, keys))).all())
