"""Query parameters of the story list and of story feeds."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat
from sqlalchemy.orm import Session

from service.store.story_views import views
from service.store.story_views.filters import Sort, StoryFilter
from service.store.story_views.views import StoryView
from service.web.api.stories.schemas import StoryDetailOut
from service.web.requests.fields import Names, fields_parameter, validate_fields, validate_names
from service.web.requests.parameters import (
    Count,
    Country,
    Cursor,
    CursorText,
    Language,
    Limit,
    ShortText,
    UtcTime,
)

#: Maximum number of values of one filter.
MAX_FILTER_VALUES = 20
CURSORS = {
    Sort.RANK: Cursor("stories/rank", bool, FiniteFloat, ShortText),
    Sort.NEWEST: Cursor("stories/newest", AwareDatetime, ShortText),
    Sort.LARGEST: Cursor("stories/largest", Count, Count, AwareDatetime, ShortText),
    Sort.FASTEST: Cursor("stories/fastest", FiniteFloat, AwareDatetime, ShortText),
}
#: Long fields that lists contain only if `include` names them.
INCLUDABLE_FIELDS = ("summary", "entities", "developments", "first_reporter", "delays", "timeline")


Words = Annotated[list[ShortText], Field(max_length=MAX_FILTER_VALUES)]
Countries = Annotated[list[Country], Field(max_length=MAX_FILTER_VALUES)]
Languages = Annotated[list[Language], Field(max_length=MAX_FILTER_VALUES)]
StoryFields = Annotated[
    Names, validate_fields(StoryDetailOut), fields_parameter("id,headline,coverage")
]
Include = Annotated[
    Names,
    validate_names(INCLUDABLE_FIELDS),
    Field(
        description=f"Comma-separated additional fields: {', '.join(INCLUDABLE_FIELDS)}.",
        examples=["summary,entities"],
    ),
]


class StoryFeedQuery(BaseModel):
    """Query parameters of story feeds: filters, order and limit."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime | None = Field(None, description="Last reported at this time or later.")
    until: UtcTime | None = Field(None, description="Last reported before this time.")
    changed_since: UtcTime | None = Field(
        None, description="Members, headline or state changed at this time or later."
    )
    min_coverage: Count = Field(0, description="Minimum number of outlets.")
    min_independent: Count = Field(0, description="Minimum independent coverage.")
    outlet: Words = Field([], description="Outlet slugs; at least one of them reported the story.")
    family: Words = Field(
        [], description="Slugs of publisher families; at least one of them reported the story."
    )
    country: Countries = Field(
        [], description="ISO 3166-1 country codes of outlets; matches any of them."
    )
    language: Languages = Field(
        [], description="ISO 639-1 codes of article languages; matches any of them."
    )
    entity: Words = Field(
        [], description="Names of people, places or organisations; matches all of them."
    )
    keyword: Words = Field([], description="Keywords; matches all of them.")
    storyline: ShortText | None = Field(None, description="Id of a storyline.")
    state: Literal["open", "closed"] | None = Field(
        None, description="Open stories can still grow; closed ones cannot."
    )
    as_of: UtcTime | None = Field(
        None, description="Return the list as of this instant; a future instant means now."
    )
    sort: Sort = Sort.RANK
    limit: Limit = 50

    def filter(self) -> StoryFilter:
        """The filter conditions."""
        return StoryFilter(
            since=self.since,
            until=self.until,
            changed_since=self.changed_since,
            min_coverage=self.min_coverage,
            min_independent=self.min_independent,
            outlets=tuple(self.outlet),
            families=tuple(self.family),
            countries=tuple(self.country),
            languages=tuple(self.language),
            entities=tuple(self.entity),
            keywords=tuple(self.keyword),
            storyline=self.storyline,
            state=self.state,
        )


class StoryQuery(StoryFeedQuery):
    """Query parameters of the story list."""

    cursor: CursorText | None = None
    fields: StoryFields | None = None
    include: Include | None = None


def list_page(
    session: Session, query: StoryFeedQuery, *, after: str | None = None
) -> tuple[tuple[StoryView, ...], str | None]:
    """A page of stories and the cursor of the next page; `after` is the cursor of this page."""
    cursor = CURSORS[query.sort]
    page = views.list_stories(
        session,
        query.filter(),
        sort=query.sort,
        after=cursor.decode(after),
        limit=query.limit,
        as_of=query.as_of,
    )
    return page.items, cursor.encode(page.next)
