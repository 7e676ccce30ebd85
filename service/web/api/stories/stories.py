"""`/v1/stories`: list of stories, and one story."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json
from sqlalchemy.orm import Session

from service.domain.stories.transitions import TransitionOut
from service.store.story_views import history, views
from service.store.story_views.roundups import list_roundups
from service.store.story_views.views import StoryDetail, StoryView
from service.web.api.counts.list_summary import SummarizedPageOut
from service.web.api.stories.details import description_fields
from service.web.api.stories.list_items import list_items
from service.web.api.stories.query import StoryFields, StoryQuery, summarize
from service.web.api.stories.schemas import (
    RoundupOut,
    StoryDetailOut,
    timeline_points,
)
from service.web.middleware.etags import ETagSession
from service.web.rendering.article_schemas import MemberOut
from service.web.rendering.schemas import (
    StoryOut,
    story_fields,
)
from service.web.requests.parameters.fields import (
    json_response,
    or_partial,
    or_partial_page,
)
from service.web.requests.parameters.queries import read_query
from service.web.requests.parameters.types import AsOf, StoryId
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES
from service.web.requests.redirects import MERGED_RESPONSE, require_unmerged_story

router = APIRouter(prefix="/v1/stories", tags=["stories"], responses=PROBLEM_RESPONSES)


@router.get("", response_model=or_partial_page(SummarizedPageOut[StoryOut], StoryDetailOut))
def list_stories(
    request: Request, session: ETagSession, parameters: Annotated[StoryQuery, Query()]
) -> Response:
    """List all stories, except hidden, merged and empty ones.

    Repeat a parameter to pass several values. `sort` is one of:

    - `rank` (default): pinned stories first, then recent stories with high independent coverage. A
      story with twice the coverage ranks like a story whose last report is twelve hours newer.
    - `newest`: by the last report, latest first.
    - `largest`: by independent coverage, highest first.
    - `fastest`: by new outlets per hour in the three hours before the last report, highest first.

    If a story changes between the requests for two pages, it may appear twice or not at all. All
    other stories appear exactly once. With `as_of`, every story appears exactly once.
    """
    query = read_query(request, session, parameters.parsed)
    items, next_cursor = list_items(request, session, parameters, query)
    rest = to_json({"next": next_cursor, **summarize(session, parameters, query)})
    body = b'{"items":[' + b",".join(items) + b"]," + rest.removeprefix(b"{")
    return Response(body, media_type="application/json")


@router.get(
    "/{story_id}",
    response_model=or_partial(StoryDetailOut),
    responses={**NOT_FOUND_RESPONSE, **MERGED_RESPONSE},
)
def get_story(
    session: ETagSession,
    story_id: StoryId,
    as_of: AsOf = None,
    fields: Annotated[StoryFields | None, Query()] = None,
) -> Response:
    """Get one story with its articles, timeline, transitions and related stories.

    `members` and `timeline` can have thousands of entries. To leave them out, list only the other
    fields in `fields`. `/articles` and `/timeline` return the entries in pages.

    With `as_of`, the response is the state at that time, or 404 if the story did not exist yet. The
    id of a merged story redirects to the story that it was merged into.
    """
    detail = require_unmerged_story(session, story_id, as_of)
    return json_response(detail_out(session, detail, as_of=as_of), fields)


def other_storyline_stories(
    session: Session, story: StoryView, *, as_of: datetime | None = None
) -> list[StoryView]:
    """The other stories of the storyline, latest first."""
    if story.storyline is None:
        return []
    stories = views.list_storyline_stories(session, story.storyline.id, as_of=as_of)
    return [other for other in stories if other.id != story.id]


def detail_out(
    session: Session, detail: StoryDetail, *, as_of: datetime | None = None
) -> StoryDetailOut:
    """The full response for a story, now or at a past time."""
    story = detail.story
    transitions = history.transitions_of(session, story.id, as_of=as_of).items
    return StoryDetailOut(
        **story_fields(story),
        **description_fields(story),
        members=[MemberOut.of(member) for member in detail.members],
        timeline=timeline_points(story.reports),
        transitions=[TransitionOut.of(transition) for transition in transitions],
        related=[
            StoryOut.of(other) for other in other_storyline_stories(session, story, as_of=as_of)
        ],
        split_into=list(views.list_split_off_ids(session, story.id, as_of=as_of)),
        mentioned_in=[
            RoundupOut.of(each) for each in list_roundups(session, story.id, as_of=as_of)
        ],
    )
