"""`/v1/storylines`: one storyline with its stories."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.store.reading import storylines
from service.web.context import ReadSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.schemas import Instant, StoryOut
from service.web.words import StorylineId

router = APIRouter(prefix="/v1/storylines", tags=["storylines"], responses=PROBLEMS)


class StorylineOut(BaseModel):
    """Stories of one saga; linked, never merged."""

    id: str
    title: str
    created_at: Instant
    stories: list[StoryOut] = Field(description="Latest first, at most a hundred.")


@router.get("/{storyline_id}", responses=NOT_FOUND)
def read_storyline(session: ReadSession, storyline_id: StorylineId) -> StorylineOut:
    """One storyline with its stories."""
    found = storylines.get_storyline(session, storyline_id)
    return StorylineOut(
        id=found.id,
        title=found.title,
        created_at=found.created_at,
        stories=[StoryOut.of(story) for story in found.stories],
    )
