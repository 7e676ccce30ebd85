"""People, places and organisations of stories, most frequent first."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from service.domain.entities.gazetteer import Kind
from service.store.tables import StoryRow

#: Number of latest stories whose entities are counted.
MAX_STORIES = 20_000
_ENTITY: ColumnElement[Any] = literal_column("entity", type_=JSONB)


@dataclass(frozen=True, slots=True)
class EntityView:
    """A name with its kind, its number of stories, and the time of the last report of these."""

    name: str
    kind: Kind
    stories: int
    last_reported_at: datetime


def list_entities(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    text: str = "",
    kind: Kind | None = None,
    limit: int = 20,
) -> list[EntityView]:
    """List the entities of visible stories with a last report in the period; one statement.

    `text` is the start of a word of the name, in any case. Only the latest `MAX_STORIES` stories
    are read.
    """
    stories = (
        select(StoryRow.details, StoryRow.last_reported_at)
        .where(StoryRow.state != literal_column("'merged'"), ~StoryRow.hidden)
        .where(StoryRow.last_reported_at >= since, StoryRow.last_reported_at < until)
        .where(StoryRow.articles > 0)
        .order_by(StoryRow.last_reported_at.desc())
        .limit(MAX_STORIES)
        .cte("latest")
    )
    path: ColumnElement[str] = literal_column("'$.entities[*]'")
    entities = func.jsonb_path_query(stories.c.details, path).alias("entity")
    name, entity_kind = _ENTITY["name"].astext, _ENTITY["kind"].astext
    number = func.count()
    statement = (
        select(name, entity_kind, number, func.max(stories.c.last_reported_at))
        .select_from(stories)
        .join(entities, true())
        .group_by(name, entity_kind)
        .order_by(number.desc(), name, entity_kind)
        .limit(limit)
    )
    if text:
        pattern = r"(^|[^[:alnum:]])" + re.escape(text)
        statement = statement.where(name.op("~*", is_comparison=True)(pattern))
    if kind is not None:
        statement = statement.where(entity_kind == kind)
    return [
        EntityView(name, Kind(kind), stories, last)
        for name, kind, stories, last in session.execute(statement)
    ]
