"""Argument types of the MCP tools, with the descriptions that agents see."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from service.domain.search.time_expressions import TIME_FORMS

_TIME = Field(max_length=100)

Texts = Annotated[
    list[str] | None,
    # Many agents send a single text where the schema has a list.
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
]
Since = Annotated[
    str | None, _TIME, Field(description=f"Reported at this time or later: {TIME_FORMS}.")
]
Until = Annotated[
    str | None, _TIME, Field(description="Reported before this time; same forms as `since`.")
]
AsOf = Annotated[
    str | None, _TIME, Field(description="State at this time; same forms as `since`. Default: now.")
]
Published = Annotated[
    str | None, _TIME, Field(description=f"Publication time of the report: {TIME_FORMS}.")
]
SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1000,
        description='Words to search for, and conditions. "two words": a phrase; one or two: either; '
        "-word: without it; country:TR independent:3..: conditions.",
    ),
]
QueryText = Annotated[
    str | None,
    Field(
        max_length=1000,
        description='Words and conditions, all of which must match: ferry "dock strike" -tram '
        "outlet:a,b -country:GB independent:3.. countries:2.. first_outlet:a missing_outlet:a "
        "agency:a first_reported:-24h..",
    ),
]
SavedQueryId = Annotated[
    str | None, Field(max_length=200, description="Id of a saved query, which must match, too.")
]
OutletSlugs = Annotated[
    Texts,
    Field(max_length=20, description="Any of these outlets, by `outlet_slug` of articles."),
]
FamilySlugs = Annotated[Texts, Field(max_length=20, description="Any of these publisher families.")]
CountryCodes = Annotated[
    Texts,
    Field(max_length=20, description="Outlets of any of these countries (ISO 3166-1, such as TR)."),
]
LanguageCodes = Annotated[
    Texts,
    Field(max_length=20, description="Reports in any of these languages (ISO 639, such as ar)."),
]
Entities = Annotated[
    Texts,
    Field(
        max_length=20, description="Stories that name all of these people, places, organisations."
    ),
]
Keywords = Annotated[Texts, Field(max_length=20, description="Stories with all of these keywords.")]
StorylineFilter = Annotated[
    str | None, Field(max_length=200, description="Id of a storyline; only its stories.")
]
StoryFilter = Annotated[
    str | None, Field(max_length=200, description="Id of a story; only its articles.")
]
Coverage = Annotated[
    int, Field(ge=0, le=1000, description="Minimum independent coverage; see the instructions.")
]
StorySort = Annotated[
    Literal["rank", "newest", "largest", "fastest"],
    Field(
        description="rank: importance and recency; newest: last report; largest: independent "
        "coverage; fastest: new outlets per hour."
    ),
]
TimeSort = Annotated[Literal["newest", "oldest"], Field(description="By time of the report.")]
PageCursor = Annotated[
    str | None, Field(max_length=1000, description="`next` of the previous page; null: first page.")
]
MaxItems = Annotated[int, Field(ge=1, le=50, description="Maximum number of items.")]
StoryId = Annotated[str, Field(min_length=1, max_length=200, description="Id of the story.")]
StorylineId = Annotated[
    str, Field(min_length=1, max_length=200, description="Id of the storyline.")
]
ArticleId = Annotated[int, Field(ge=0, lt=2**63, description="Id of the article.")]
ChangeId = Annotated[
    Annotated[int, Field(ge=0, lt=2**63)] | None,
    Field(
        description="`next` of the previous call; 0 for the first change; null to get only `next`."
    ),
]
ReportTitle = Annotated[str, Field(max_length=1000, description="Title of the report.")]
ReportText = Annotated[str, Field(max_length=100_000, description="Text of the report.")]
ReportUrl = Annotated[str | None, Field(max_length=2000, description="URL of the report.")]
