"""`/v1/storylines`: list of storylines, and one storyline with its stories."""

from dataclasses import asdict
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.domain.field_types import MAX_IDS, ShortText, UtcTime
from service.domain.queries.periods import require_period
from service.store.story_views import storylines
from service.store.story_views.storylines import StorylineBrief, StorylineOrder
from service.web.middleware.etags import ETagSession
from service.web.rendering import links
from service.web.rendering.schemas import PageOut, StorylineRef, StoryOut, Timestamp
from service.web.requests.parameters.fields import (
    Names,
    fields_parameter,
    json_response,
    or_partial,
    or_partial_page,
    page_response,
    validate_fields,
)
from service.web.requests.parameters.types import Cursor, CursorText, Limit, StorylineId
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/storylines", tags=["storylines"], responses=PROBLEM_RESPONSES)

CURSORS = {
    StorylineOrder.ID: Cursor("storylines", ShortText),
    StorylineOrder.NEWEST: Cursor("storylines/newest", AwareDatetime, ShortText),
    StorylineOrder.LATEST: Cursor("storylines/latest", AwareDatetime, ShortText),
}


class StorylineSummaryOut(StorylineRef):
    """A storyline with the number and period of its stories."""

    created_at: Timestamp
    stories: int = Field(description="Number of stories.")
    first_reported_at: Timestamp | None = Field(
        description="Time of the first report; null without stories."
    )
    last_reported_at: Timestamp | None = Field(
        description="Time of the last report; null without stories."
    )

    @classmethod
    def of_brief(cls, brief: StorylineBrief) -> Self:
        return cls(**asdict(brief), url=links.storyline_api_path(brief.id))


class StorylineOut(BaseModel):
    """Stories of one saga, which are linked but not merged."""

    id: str
    title: str
    created_at: Timestamp
    stories: list[StoryOut] = Field(description="The latest 100 stories, latest first.")


StorylineSummaryFields = Annotated[
    Names, validate_fields(StorylineSummaryOut), fields_parameter("id,title,stories")
]
StorylineFields = Annotated[Names, validate_fields(StorylineOut), fields_parameter("id,title")]


class StorylineFilterQuery(BaseModel):
    """Filters and order of the storyline list."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[list[ShortText], Field(max_length=MAX_IDS)] = Field(
        [], description=f"Ids of storylines, at most {MAX_IDS}; only these storylines."
    )
    title: ShortText | None = Field(
        None, description="Part of the title, in any case.", examples=["harbour"]
    )
    since: UtcTime | None = Field(
        None,
        description="Only storylines with a story that was last reported at this time or later.",
    )
    until: UtcTime | None = Field(
        None,
        description="Only storylines with a story that was last reported before this time. With "
        "`since`, the same story must satisfy both.",
    )
    sort: StorylineOrder = Field(
        StorylineOrder.ID,
        description="`id`; `newest`: by creation time, latest first; `latest`: by last report, "
        "latest first.",
    )


class StorylineQuery(StorylineFilterQuery):
    """Query parameters of the storyline list."""

    limit: Limit = 50
    cursor: CursorText | None = None
    fields: StorylineSummaryFields | None = None


@router.get("", response_model=or_partial_page(PageOut[StorylineSummaryOut], StorylineSummaryOut))
def list_storylines(session: ETagSession, query: Annotated[StorylineQuery, Query()]) -> Response:
    """List storylines by id, by creation time, or by last report."""
    require_period(query.since, query.until)
    cursor = CURSORS[query.sort]
    page = storylines.list_storylines(
        session,
        since=query.since,
        until=query.until,
        ids=query.id,
        text=query.title or "",
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    items = [StorylineSummaryOut.of_brief(each) for each in page.items]
    return page_response(PageOut(items=items, next=cursor.encode(page.next)), query.fields)


@router.get(
    "/{storyline_id}", response_model=or_partial(StorylineOut), responses=NOT_FOUND_RESPONSE
)
def get_storyline(
    session: ETagSession,
    storyline_id: StorylineId,
    fields: Annotated[StorylineFields | None, Query()] = None,
) -> Response:
    """Get one storyline with its latest stories; `/v1/stories?storyline=ID` lists all in pages."""
    storyline = storylines.get_storyline(session, storyline_id)
    content = StorylineOut(
        id=storyline.id,
        title=storyline.title,
        created_at=storyline.created_at,
        stories=[StoryOut.of(story) for story in storyline.stories],
    )
    return json_response(content, fields)
