"""Story filters and orders: the single definition for API parameters and SQL conditions."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.domain.field_types import (
    MAX_IDS,
    Count,
    CountryCodes,
    LanguageCodes,
    ShortText,
    TextValues,
    UtcTime,
)


class Sort(StrEnum):
    """Order of stories: by rank, last report, independent coverage, or new outlets per hour."""

    RANK = "rank"
    NEWEST = "newest"
    LARGEST = "largest"
    FASTEST = "fastest"


class StoryFilter(BaseModel):
    """Conditions on stories; None, 0 and an empty list disable a condition.

    `store.story_views.filters.conditions` maps each field to SQL. Entities and keywords match in
    the forms of their words (`domain.search.word_forms`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[list[ShortText], Field(max_length=MAX_IDS)] = Field(
        default=[],
        description=f"Ids of stories, at most {MAX_IDS}; only these stories. The id of a merged "
        "story selects the story that it was merged into.",
    )
    since: UtcTime | None = Field(
        default=None, description="Only stories whose last report was at this time or later."
    )
    until: UtcTime | None = Field(
        default=None, description="Only stories whose last report was before this time."
    )
    changed_since: UtcTime | None = Field(
        default=None,
        description="Only stories whose articles, headline or state changed at this time or later.",
    )
    min_coverage: Count = Field(default=0, description="Minimum number of outlets.")
    min_independent: Count = Field(
        default=0,
        description="Minimum number of outlets with a report that is not a copy; a publisher "
        "family counts once.",
    )
    outlet: TextValues = Field(
        default=[], description="Slugs of outlets; one of them reported the story."
    )
    family: TextValues = Field(
        default=[],
        description="Slugs of publisher families; an outlet of one of them reported the story.",
    )
    country: CountryCodes = Field(
        default=[],
        description="ISO 3166-1 codes; an outlet of one of these countries reported the story.",
    )
    language: LanguageCodes = Field(
        default=[], description="ISO 639 codes; the story has a report in one of these languages."
    )
    entity: TextValues = Field(
        default=[],
        description="Whole names of people, places or organisations; the story mentions all of "
        "them. Words match in their forms, as in search.",
    )
    keyword: TextValues = Field(
        default=[],
        description="Words or phrases of keywords; the story has all of them. Words match in their "
        "forms, as in search.",
    )
    storyline: ShortText | None = Field(
        default=None, description="Id of a storyline; only its stories."
    )
    state: Literal["open", "closed"] | None = Field(
        default=None,
        description="`open`, or `closed` after `lifecycle.close_after_days` days without a new "
        "article.",
    )
