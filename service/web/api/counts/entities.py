"""`/v1/entities`: people, places and organisations in stories."""

from dataclasses import asdict
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.domain.entities.gazetteer import Kind
from service.domain.field_types import ShortText, UtcTime
from service.store.counts.entities import EntityView, list_entities
from service.web.api.counts.query import complete_period
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import Timestamp
from service.web.requests.parameters.types import Limit
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/entities", tags=["entities"], responses=PROBLEM_RESPONSES)

EntityKind = Literal["person", "place", "organisation"]


class EntityQuery(BaseModel):
    """Query parameters of the entity list."""

    model_config = ConfigDict(extra="forbid")

    q: ShortText | None = Field(
        None, description="Start of a word of the name, in any case.", examples=["orl"]
    )
    kind: EntityKind | None = Field(
        None, description="`person`, `place` or `organisation`. Default: all."
    )
    since: UtcTime | None = Field(
        None,
        description="Only stories whose last report was at this time or later. Default: 30 days "
        "before `until`.",
    )
    until: UtcTime | None = Field(
        None,
        description="Only stories whose last report was before this time. Default: the time of the "
        "latest report.",
    )
    limit: Limit = 20


class ListedEntityOut(BaseModel):
    """A named entity of stories; its name is a value of the filter `entity`."""

    name: str = Field(examples=["Orlan"])
    kind: EntityKind
    stories: int = Field(description="Number of stories.")
    last_reported_at: Timestamp = Field(description="Time of the last report of these stories.")

    @classmethod
    def of(cls, entity: EntityView) -> Self:
        return cls.model_validate(asdict(entity))


class EntitiesPageOut(BaseModel):
    """Entities by number of stories, most frequent first."""

    items: list[ListedEntityOut]


@router.get("")
def list_named_entities(
    session: ETagSession, query: Annotated[EntityQuery, Query()]
) -> EntitiesPageOut:
    """List the people, places and organisations in stories, most frequent first.

    Use `q` for autocomplete. The list has only one page. At most the latest 20,000 stories of the
    period are read.
    """
    since, until = complete_period(session, query.since, query.until)
    entities = list_entities(
        session,
        since=since,
        until=until,
        text=query.q or "",
        kind=Kind(query.kind) if query.kind else None,
        limit=query.limit,
    )
    return EntitiesPageOut(items=[ListedEntityOut.of(each) for each in entities])
