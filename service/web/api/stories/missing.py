"""`/v1/stories/{story_id}/missing`: missing coverage of a story; see docs/glossary.md."""

from collections.abc import Iterable
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.domain.counts.dimensions import Dimension
from service.domain.stories.missing_coverage import (
    MIN_AGE,
    MIN_COMPARABLE,
    MIN_OUTLETS,
    MissingValue,
    Withheld,
)
from service.store.counts.dimensions import load_names
from service.store.counts.missing_coverage import load_missing_coverage
from service.web.api.counts.list_summary import ValueOut
from service.web.middleware.etags import ETagSession
from service.web.requests.parameters.types import StoryId
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES
from service.web.requests.redirects import MERGED_RESPONSE, require_unmerged

router = APIRouter(prefix="/v1/stories", tags=["stories"], responses=PROBLEM_RESPONSES)

#: Explanation of each reason.
REASONS = {
    Withheld.FEW_OUTLETS: f"The story has fewer than {MIN_OUTLETS} outlets",
    Withheld.TOO_EARLY: f"The first report is less than {MIN_AGE.seconds // 3600} hours older than "
    "the latest article of all stories",
    Withheld.FEW_COMPARABLE_STORIES: f"There are fewer than {MIN_COMPARABLE} comparable stories",
}


class MissingValueOut(ValueOut):
    """A value that the story lacks, with its share of the comparable stories."""

    share: float = Field(description="Share of the comparable stories with this value, 0 to 1.")
    stories: int = Field(description="Number of comparable stories with this value.")


class MissingOut(BaseModel):
    """Outlets, families, countries and languages that usually report comparable stories."""

    comparable_stories: int = Field(
        description="Number of stories of the 30 days before the last report with at least half of "
        "the outlets of this story, at most 300."
    )
    withheld: Withheld | None = Field(
        description="Reason why the lists are empty; null if they are not withheld."
    )
    reason: str | None = Field(description="Explanation of `withheld`.")
    outlets: list[MissingValueOut] = Field(description="Outlets, highest share first.")
    families: list[MissingValueOut] = Field(description="Publisher families, highest share first.")
    countries: list[MissingValueOut] = Field(
        description="Countries of outlets, highest share first."
    )
    languages: list[MissingValueOut] = Field(
        description="Languages of articles, highest share first."
    )

    @classmethod
    def load(cls, session: Session, story_id: str) -> Self:
        missing = load_missing_coverage(session, story_id)
        return cls(
            comparable_stories=missing.comparable_stories,
            withheld=missing.withheld,
            reason=REASONS[missing.withheld] if missing.withheld else None,
            outlets=_missing_values(session, Dimension.OUTLET, missing.outlets),
            families=_missing_values(session, Dimension.FAMILY, missing.families),
            countries=_missing_values(session, Dimension.COUNTRY, missing.countries),
            languages=_missing_values(session, Dimension.LANGUAGE, missing.languages),
        )


@router.get("/{story_id}/missing", responses={**NOT_FOUND_RESPONSE, **MERGED_RESPONSE})
def list_missing_coverage(session: ETagSession, story_id: StoryId) -> MissingOut:
    """List the outlets, families, countries and languages without a report of this story.

    A value is listed if it usually reports comparable stories: at least half of them have it, with
    a confidence of 97.5 %. It must also have any article in the time of the story.
    If there are too few data, the lists are empty and `reason` explains why.
    """
    require_unmerged(session, story_id)
    return MissingOut.load(session, story_id)


def _missing_values(
    session: Session, dimension: Dimension, values: Iterable[MissingValue]
) -> list[MissingValueOut]:
    listed = list(values)
    names = load_names(session, dimension, [each.value for each in listed])
    return [
        MissingValueOut(
            **dict(ValueOut.of(dimension, each.value, names)),
            share=each.share,
            stories=each.stories,
        )
        for each in listed
    ]
