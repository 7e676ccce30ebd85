"""Query parameters of the story list and of story feeds."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, FiniteFloat
from sqlalchemy.orm import Session

from service.domain.field_types import Count, ShortText
from service.domain.queries.conditions import Query
from service.domain.stories.filters import PastStoryFilter, Sort
from service.store.counts.facets import count_story_facets
from service.store.counts.totals import count_rows
from service.store.story_views import views
from service.store.story_views.views import StoryView
from service.web.api.counts.list_summary import SummaryQuery, summary_fields
from service.web.api.stories.schemas import StoryDetailOut
from service.web.requests.parameters.fields import (
    Names,
    fields_parameter,
    validate_fields,
    validate_names,
)
from service.web.requests.parameters.types import Cursor, CursorText, Limit

CURSORS = {
    Sort.RANK: Cursor("stories/rank", bool, FiniteFloat, ShortText),
    Sort.NEWEST: Cursor("stories/newest", AwareDatetime, ShortText),
    Sort.LARGEST: Cursor("stories/largest", Count, Count, AwareDatetime, ShortText),
    Sort.FASTEST: Cursor("stories/fastest", FiniteFloat, AwareDatetime, ShortText),
}
#: Long fields that lists contain only if `include` names them.
INCLUDABLE_FIELDS = (
    "summary",
    "agencies",
    "entities",
    "developments",
    "first_reporter",
    "among_first",
    "delays",
    "timeline",
)

StoryFields = Annotated[
    Names, validate_fields(StoryDetailOut), fields_parameter("id,headline,coverage")
]
Include = Annotated[
    Names,
    validate_names(INCLUDABLE_FIELDS),
    Field(
        description="Comma-separated names of long fields to add, from this list: "
        f"{', '.join(INCLUDABLE_FIELDS)}. Default: none.",
        examples=["summary,entities"],
    ),
]


class StoryFeedQuery(PastStoryFilter):
    """Query parameters of story feeds: filters, order and limit."""

    sort: Sort = Field(Sort.RANK, description="Order of the list.")
    limit: Limit = 50


class StoryQuery(StoryFeedQuery, SummaryQuery):
    """Query parameters of the story list."""

    cursor: CursorText | None = None
    fields: StoryFields | None = None
    include: Include | None = None


def list_page(
    session: Session, query: Query, *, sort: Sort, limit: int, after: str | None = None
) -> tuple[tuple[StoryView, ...], str | None]:
    """A page of stories and the cursor of the next page; `after` is the cursor of this page.

    `query` is the result of `read_query`.
    """
    cursor = CURSORS[sort]
    page = views.list_stories(session, query, sort=sort, after=cursor.decode(after), limit=limit)
    return page.items, cursor.encode(page.next)


def summarize(session: Session, request: StoryQuery, query: Query) -> dict[str, Any]:
    """The total and the facets of the list, if they are requested."""
    if not request.total and not request.facets:
        return {}
    ids = views.select_story_ids(query, sort=request.sort)
    total = count_rows(session, ids.order_by(None)) if request.total else None
    facets = count_story_facets(session, ids, request.facet_dimensions, as_of=query.time)
    return summary_fields(session, total, facets)
