"""`/v1/stories`: lists, and one story."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from service.store.story_views import history, views
from service.store.story_views.views import StoryDetail, StoryView
from service.web.api.stories.details import telling_fields
from service.web.api.stories.query import StoryFields, StoryQuery, list_page
from service.web.api.stories.schemas import LongStoryOut, StoryDetailOut, TransitionOut, points_of
from service.web.middleware.etags import TaggedSession
from service.web.rendering.schemas import MemberOut, PageOut, StoryOut, story_fields
from service.web.requests.fields import PartialPageOut, answer, narrowed, split
from service.web.requests.parameters import AsOf, StoryId
from service.web.requests.problems import NOT_FOUND, PROBLEMS
from service.web.requests.redirects import MOVED, standing_story
from service.web.requests.responses import written

router = APIRouter(prefix="/v1/stories", tags=["stories"], responses=PROBLEMS)


@router.get("", response_model=PageOut[StoryOut] | PartialPageOut)
def list_stories(session: TaggedSession, query: Annotated[StoryQuery, Query()]) -> Response:
    """Stories that have articles and were not merged.

    `sort=rank`, the default, weighs independent coverage and velocity against recency: each
    doubling of coverage counts as if the last report had come twelve hours later. `newest` goes by the
    last report, `largest` by independent coverage, `fastest` by the outlets per hour that took it
    up at the end. Stories that editors pinned lead the default order. Filters with several values
    may be repeated. A story that grows while you page moves up, and may come again or go past
    you; each that stays as it is comes once. With `as_of` nothing moves while you page.
    """
    found, after = list_page(session, query, after=query.cursor)
    if query.fields or query.include:
        items = [_told(story, query.fields, query.include) for story in found]
        return JSONResponse({"items": items, "next": after})
    return written(PageOut(items=[StoryOut.of(story) for story in found], next=after))


@router.get(
    "/{story_id}",
    response_model=StoryDetailOut | dict[str, Any],
    responses={**NOT_FOUND, **MOVED},
)
def read_story(
    session: TaggedSession,
    story_id: StoryId,
    as_of: AsOf = None,
    fields: Annotated[StoryFields | None, Query()] = None,
) -> Response:
    """One story with its articles, timeline, transitions and related stories.

    All its articles: of a story of thousands, `fields` without `members` and `timeline` is a small
    answer, and `/articles` and `/timeline` are paged.

    With `as_of`, everything as it stood at that instant; 404 before the story emerged. The id
    of a merged story leads to the one that it lives on in.
    """
    detail = standing_story(session, story_id, as_of)
    whole = in_full(session, detail, as_of=as_of)
    return answer(whole, fields)


def related_to(
    session: Session, story: StoryView, *, as_of: datetime | None = None
) -> list[StoryView]:
    """The other stories of a story's storyline, latest first."""
    if story.storyline is None:
        return []
    found = views.of_storyline(session, story.storyline.id, as_of=as_of)
    return [other for other in found if other.id != story.id]


def in_full(
    session: Session, detail: StoryDetail, *, as_of: datetime | None = None
) -> StoryDetailOut:
    """A story with everything that is known of it, now or as of an instant."""
    story = detail.story
    happened = history.transitions_of(session, story.id, as_of=as_of).items
    return StoryDetailOut(
        **story_fields(story),
        **telling_fields(story),
        members=[MemberOut.of(member) for member in detail.members],
        timeline=points_of(story.reports),
        transitions=[TransitionOut.of(transition) for transition in happened],
        related=[StoryOut.of(other) for other in related_to(session, story, as_of=as_of)],
        split_into=list(views.parts_of(session, story.id, as_of=as_of)),
    )


def _told(story: StoryView, fields: str | None, include: str | None) -> dict[str, Any]:
    """A story of a list with more or less than lists show."""
    shown = [*(split(fields) or StoryOut.model_fields), *split(include)]
    return narrowed(LongStoryOut.of(story), ",".join(shown))
