"""Story filters and orders: the single definition behind the API parameters and the SQL conditions."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.domain.field_types import (
    Count,
    CountryCodes,
    LanguageCodes,
    ShortText,
    TextValues,
    UtcTime,
)


class Sort(StrEnum):
    """Order of the story list."""

    RANK = "rank"
    NEWEST = "newest"
    LARGEST = "largest"
    FASTEST = "fastest"


class StoryFilter(BaseModel):
    """Conditions on stories; None, 0 and an empty list disable a condition.

    `store.story_views.filters.conditions` maps each field to SQL. Entities and keywords match in
    any case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: UtcTime | None = Field(default=None, description="Last reported at this time or later.")
    until: UtcTime | None = Field(default=None, description="Last reported before this time.")
    changed_since: UtcTime | None = Field(
        default=None, description="Members, headline or state changed at this time or later."
    )
    min_coverage: Count = Field(default=0, description="Minimum number of outlets.")
    min_independent: Count = Field(
        default=0,
        description="Minimum number of outlets that report it, copies not counted; a family counts once.",
    )
    outlet: TextValues = Field(
        default=[], description="Outlet slugs; at least one of them reported the story."
    )
    family: TextValues = Field(
        default=[],
        description="Slugs of publisher families; at least one of them reported the story.",
    )
    country: CountryCodes = Field(
        default=[], description="ISO 3166-1 country codes of outlets; matches any of them."
    )
    language: LanguageCodes = Field(
        default=[], description="ISO 639-1 codes of article languages; matches any of them."
    )
    entity: TextValues = Field(
        default=[], description="Names of people, places or organisations; matches all of them."
    )
    keyword: TextValues = Field(default=[], description="Keywords; matches all of them.")
    storyline: ShortText | None = Field(default=None, description="Id of a storyline.")
    state: Literal["open", "closed"] | None = Field(
        default=None, description="`open`, or `closed` after some time without reports."
    )
