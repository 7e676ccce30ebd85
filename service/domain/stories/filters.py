"""Parameters and orders of story lists. The parameters are shorthand for a query."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.domain.articles.coverage import INDEPENDENT_OUTLETS
from service.domain.field_types import Count, ShortText
from service.domain.queries.conditions import Query, all_of
from service.domain.queries.parameters import (
    EXCLUDES,
    TIME_FORMS,
    CountRange,
    Countries,
    Ids,
    Languages,
    QueryText,
    QueryTime,
    Texts,
    TimeRange,
    VelocityRange,
    read_parameter,
)


class Sort(StrEnum):
    """Order of stories: by rank, last report, independent coverage, or new outlets per hour."""

    RANK = "rank"
    NEWEST = "newest"
    LARGEST = "largest"
    FASTEST = "fastest"


class StoryFilter(BaseModel):
    """Conditions on stories; None, 0 and an empty list disable a condition.

    Entities and keywords match in the forms of their words (`domain.search.word_forms`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText | None = Field(
        default=None,
        description="Text in the query language: words, phrases, and conditions such as "
        "`-outlet:harbour-courier` or `independent:3..`. All parameters can be written in it.",
        examples=["ferry -strike"],
    )
    query: ShortText | None = Field(
        default=None,
        description="Id of a saved query, which must match, too.",
        examples=["harbour"],
    )
    meaning: ShortText | None = Field(
        default=None,
        description="Only stories with one of the hundred reports that are most similar to this "
        "text, in any language.",
        examples=["dock workers stop ferries"],
    )
    id: Ids = Field(
        default=[],
        description="Ids of stories, at most 100; only these stories. The id of a merged "
        "story selects the story that it was merged into.",
    )
    since: QueryTime | None = Field(
        default=None,
        description=f"Only stories whose last report was at this time or later. {TIME_FORMS}",
        examples=["-24h"],
    )
    until: QueryTime | None = Field(
        default=None, description="Only stories whose last report was before this time."
    )
    changed_since: QueryTime | None = Field(
        default=None,
        description="Only stories whose articles, headline or state changed at this time or later.",
    )
    first_reported: TimeRange | None = Field(
        default=None,
        description="Day of the first report, a period before now, or a range of times.",
        examples=["-24h.."],
    )
    min_coverage: Count = Field(default=0, description="Minimum number of outlets.")
    min_independent: Count = Field(
        default=0,
        description=f"Minimum number of {INDEPENDENT_OUTLETS}.",
    )
    independent: CountRange | None = Field(
        default=None,
        description=f"Number or range of the number of {INDEPENDENT_OUTLETS}.",
        examples=["3.."],
    )
    countries: CountRange | None = Field(
        default=None,
        description="Number or range of countries of the outlets.",
        examples=["2.."],
    )
    languages: CountRange | None = Field(
        default=None,
        description="Number or range of languages of the reports.",
        examples=["2..5"],
    )
    velocity: VelocityRange | None = Field(
        default=None,
        description="Range of new outlets per hour in the three hours before the last report.",
        examples=["2.."],
    )
    outlet: Texts = Field(
        default=[], description=f"Slugs of outlets; one of them reported the story. {EXCLUDES}"
    )
    family: Texts = Field(
        default=[],
        description="Slugs of publisher families; an outlet of one of them reported the story. "
        f"{EXCLUDES}",
    )
    country: Countries = Field(
        default=[],
        description="ISO 3166-1 codes; an outlet of one of these countries reported the story. "
        f"{EXCLUDES}",
    )
    language: Languages = Field(
        default=[],
        description=f"ISO 639 codes; the story has a report in one of these languages. {EXCLUDES}",
    )
    agency: Texts = Field(
        default=[],
        description="Slugs of news agencies; one of them reported the story, or an outlet printed "
        f"its text. {EXCLUDES}",
    )
    first_outlet: Texts = Field(
        default=[],
        description=f"Slugs of outlets; one of them certainly reported the story first. {EXCLUDES}",
    )
    missing_outlet: Texts = Field(
        default=[],
        description="Slugs of outlets; one of them usually reports comparable stories, but not this one, "
        f"as in `/v1/stories/{{story_id}}/missing`. {EXCLUDES}",
    )
    entity: Texts = Field(
        default=[],
        description="Whole names of people, places or organisations; the story mentions all of "
        f"them. Words match in their forms, as in search. {EXCLUDES}",
    )
    keyword: Texts = Field(
        default=[],
        description="Words or phrases of keywords; the story has all of them. Words match in their "
        f"forms, as in search. {EXCLUDES}",
    )
    storyline: ShortText | None = Field(
        default=None, description="Id of a storyline; only its stories."
    )
    state: Literal["open", "closed"] | None = Field(
        default=None,
        description="`open`, or `closed`: the last report is more than "
        "`lifecycle.close_after_days` days old, or no article is left.",
    )

    @property
    def parsed(self) -> Query:
        """The query that the parameters mean."""
        return read_parameters(self, tuple(StoryFilter.model_fields))


class PastStoryFilter(StoryFilter):
    """Conditions on stories, now or at a past time."""

    as_of: QueryTime | None = Field(
        default=None,
        description="Return the state at this time; for a future time, the current state. "
        "Default: the current state.",
    )

    @property
    def parsed(self) -> Query:
        """The query that the parameters mean."""
        return super().parsed & read_parameters(self, ("as_of",))


def read_parameters(parameters: BaseModel, names: tuple[str, ...]) -> Query:
    """The query that these parameters mean together."""
    return all_of(
        part for name in names for part in read_parameter(name, getattr(parameters, name))
    )
