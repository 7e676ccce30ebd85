"""`/v1/storylines`: all of them, and one with its stories."""

from dataclasses import asdict
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.store.story_views import storylines
from service.store.story_views.storylines import StorylineBrief, StorylineOrder
from service.web.middleware.etags import TaggedSession
from service.web.rendering import links
from service.web.rendering.schemas import Instant, PageOut, StorylineRef, StoryOut
from service.web.requests.fields import (
    Names,
    PartialPageOut,
    answer,
    fields_of,
    page_answer,
    such_as,
)
from service.web.requests.parameters import Cursor, CursorText, Limit, StorylineId, UtcTime, Word
from service.web.requests.problems import NOT_FOUND, PROBLEMS

router = APIRouter(prefix="/v1/storylines", tags=["storylines"], responses=PROBLEMS)

CURSORS = {
    StorylineOrder.ID: Cursor("storylines", Word),
    StorylineOrder.NEWEST: Cursor("storylines/newest", AwareDatetime, Word),
}


class StorylineBriefOut(StorylineRef):
    """A storyline with the extent of its stories."""

    created_at: Instant
    stories: int = Field(description="How many it has.")
    first_reported_at: Instant | None
    last_reported_at: Instant | None

    @classmethod
    def told(cls, found: StorylineBrief) -> Self:
        return cls(**asdict(found), url=links.storyline_api(found.id))


class StorylineOut(BaseModel):
    """Stories of one saga; linked, never merged."""

    id: str
    title: str
    created_at: Instant
    stories: list[StoryOut] = Field(description="Latest first, at most a hundred.")


BriefFields = Annotated[Names, fields_of(StorylineBriefOut), such_as("id,title,stories")]
OneFields = Annotated[Names, fields_of(StorylineOut), such_as("id,title")]


class StorylineQuery(BaseModel):
    """Which storylines, in what order, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime | None = Field(None, description="A story was last reported then or later.")
    until: UtcTime | None = Field(None, description="That story was last reported before this.")
    sort: StorylineOrder = StorylineOrder.ID
    limit: Limit = 50
    cursor: CursorText | None = None
    fields: BriefFields | None = None


@router.get("", response_model=PageOut[StorylineBriefOut] | PartialPageOut)
def list_storylines(session: TaggedSession, query: Annotated[StorylineQuery, Query()]) -> Response:
    """Storylines by id, or with `sort=newest` by when they began to be one, the latest first."""
    cursor = CURSORS[query.sort]
    page = storylines.list_storylines(
        session,
        since=query.since,
        until=query.until,
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    items = [StorylineBriefOut.told(each) for each in page.items]
    return page_answer(PageOut(items=items, next=cursor.encode(page.next)), query.fields)


@router.get("/{storyline_id}", response_model=StorylineOut | dict[str, Any], responses=NOT_FOUND)
def read_storyline(
    session: TaggedSession,
    storyline_id: StorylineId,
    fields: Annotated[OneFields | None, Query()] = None,
) -> Response:
    """One storyline with its stories; `/v1/stories?storyline=` pages through them."""
    found = storylines.get_storyline(session, storyline_id)
    told = StorylineOut(
        id=found.id,
        title=found.title,
        created_at=found.created_at,
        stories=[StoryOut.of(story) for story in found.stories],
    )
    return answer(told, fields)
