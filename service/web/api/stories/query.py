"""What may be asked of the list of stories."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat
from sqlalchemy.orm import Session

from service.store.story_views import views
from service.store.story_views.filters import Sort, StoryFilter
from service.store.story_views.views import StoryView
from service.web.api.stories.schemas import StoryDetailOut
from service.web.requests.fields import Names, fields_of, names_in, such_as
from service.web.requests.parameters import (
    Count,
    Country,
    Cursor,
    CursorText,
    Language,
    Limit,
    UtcTime,
    Word,
)

#: Of each filter with several values, at most so many.
MOST = 20
CURSORS = {
    Sort.RANK: Cursor("stories/rank", bool, FiniteFloat, Word),
    Sort.NEWEST: Cursor("stories/newest", AwareDatetime, Word),
    Sort.LARGEST: Cursor("stories/largest", Count, Count, AwareDatetime, Word),
    Sort.FASTEST: Cursor("stories/fastest", FiniteFloat, AwareDatetime, Word),
}
#: What lists leave out because it is long, and show when asked for by `include`.
LONGER = ("summary", "entities", "developments", "first_reporter", "delays", "timeline")


Words = Annotated[list[Word], Field(max_length=MOST)]
Countries = Annotated[list[Country], Field(max_length=MOST)]
Languages = Annotated[list[Language], Field(max_length=MOST)]
StoryFields = Annotated[Names, fields_of(StoryDetailOut), such_as("id,headline,coverage")]
Include = Annotated[
    Names,
    names_in(LONGER),
    Field(
        description=f"What lists leave out, with commas between: {', '.join(LONGER)}.",
        examples=["summary,entities"],
    ),
]


class StoryFeedQuery(BaseModel):
    """Which stories, in what order, and how many: what feeds take."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime | None = Field(None, description="Last reported at this time or later.")
    until: UtcTime | None = Field(None, description="Last reported before this time.")
    changed_since: UtcTime | None = Field(
        None, description="Members, headline or state changed at this time or later."
    )
    min_coverage: Count = Field(0, description="At least so many outlets.")
    min_independent: Count = Field(0, description="At least so much independent coverage.")
    outlet: Words = Field([], description="Slugs of outlets, one of which reported.")
    family: Words = Field([], description="Slugs of publisher families, one of which reported.")
    country: Countries = Field([], description="ISO 3166-1 codes of reporting outlets' countries.")
    language: Languages = Field([], description="ISO 639-1 codes of reports' languages.")
    entity: Words = Field([], description="Names of people, places, organisations; all of them.")
    keyword: Words = Field([], description="Keywords; all of them.")
    storyline: Word | None = Field(None, description="Id of a storyline.")
    state: Literal["open", "closed"] | None = None
    as_of: UtcTime | None = Field(
        None, description="The list as it stood at this instant; the present if it is to come."
    )
    sort: Sort = Sort.RANK
    limit: Limit = 50

    def filter(self) -> StoryFilter:
        """The conditions alone."""
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
    """Which stories, in what order, and which part of them."""

    cursor: CursorText | None = None
    fields: StoryFields | None = None
    include: Include | None = None


def list_page(
    session: Session, query: StoryFeedQuery, *, after: str | None = None
) -> tuple[tuple[StoryView, ...], str | None]:
    """A page of stories and the cursor of the next one; `after` is the cursor of this one."""
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
