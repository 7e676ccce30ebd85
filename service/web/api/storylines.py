"""`/v1/storylines`: all of them, and one with its stories."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from service.store.reading import storylines
from service.web.conditional import TaggedSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.schemas import Instant, PageOut, StorylineRef, StoryOut
from service.web.words import Cursor, CursorQuery, Limit, StorylineId, Word

router = APIRouter(prefix="/v1/storylines", tags=["storylines"], responses=PROBLEMS)

CURSOR = Cursor("storylines", Word)


class StorylineOut(BaseModel):
    """Stories of one saga; linked, never merged."""

    id: str
    title: str
    created_at: Instant
    stories: list[StoryOut] = Field(description="Latest first, at most a hundred.")


@router.get("")
def list_storylines(
    session: TaggedSession, limit: Annotated[Limit, Query()] = 50, cursor: CursorQuery = None
) -> PageOut[StorylineRef]:
    """Storylines by id."""
    page = storylines.list_storylines(session, after=CURSOR.decode(cursor), limit=limit)
    items = [each for each in map(StorylineRef.of, page.items) if each]
    return PageOut(items=items, next=CURSOR.encode(page.next))


@router.get("/{storyline_id}", responses=NOT_FOUND)
def read_storyline(session: TaggedSession, storyline_id: StorylineId) -> StorylineOut:
    """One storyline with its stories."""
    found = storylines.get_storyline(session, storyline_id)
    return StorylineOut(
        id=found.id,
        title=found.title,
        created_at=found.created_at,
        stories=[StoryOut.of(story) for story in found.stories],
    )
