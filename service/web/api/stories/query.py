"""Query parameters of the story list and of story feeds."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, FiniteFloat
from sqlalchemy.orm import Session

from service.domain.field_types import Count, ShortText, UtcTime
from service.domain.stories.filters import Sort, StoryFilter
from service.store.counts.facets import count_story_facets
from service.store.counts.totals import count_rows
from service.store.story_views import views
from service.store.story_views.views import StoryView
from service.web.api.counts.list_summary import SummaryQuery, summary_fields
from service.web.api.stories.schemas import StoryDetailOut
from service.web.requests.fields import Names, fields_parameter, validate_fields, validate_names
from service.web.requests.known_values import require_known_values
from service.web.requests.parameters import Cursor, CursorText, Limit

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


class StoryFeedQuery(StoryFilter):
    """Query parameters of story feeds: filters, order and limit."""

    as_of: UtcTime | None = Field(
        None,
        description="Return the list at this time; for a future time, the current list. Default: "
        "the current list.",
    )
    sort: Sort = Field(Sort.RANK, description="Order of the list.")
    limit: Limit = 50


class StoryQuery(StoryFeedQuery, SummaryQuery):
    """Query parameters of the story list."""

    cursor: CursorText | None = None
    fields: StoryFields | None = None
    include: Include | None = None


def list_page(
    session: Session, query: StoryFeedQuery, *, after: str | None = None
) -> tuple[tuple[StoryView, ...], str | None]:
    """A page of stories and the cursor of the next page; `after` is the cursor of this page.

    Raises:
        BadInputError: an outlet, a publisher family or the storyline does not exist.
    """
    require_known_values(session, query)
    cursor = CURSORS[query.sort]
    page = views.list_stories(
        session,
        query,
        sort=query.sort,
        after=cursor.decode(after),
        limit=query.limit,
        as_of=query.as_of,
    )
    return page.items, cursor.encode(page.next)


def summarize(session: Session, query: StoryQuery) -> dict[str, Any]:
    """The total and the facets of the list, if they are requested."""
    if not query.total and not query.facets:
        return {}
    ids = views.select_story_ids(query, sort=query.sort, as_of=query.as_of)
    total = count_rows(session, ids.order_by(None)) if query.total else None
    facets = count_story_facets(session, ids, query.facet_dimensions, as_of=query.as_of)
    return summary_fields(session, total, facets)
