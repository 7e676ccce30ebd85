"""Details of a story as stored in the JSON column `details`: summary, entities, pace, rank."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from service.domain.entities.story_entities import Entity
from service.domain.stories.developments import Development
from service.domain.stories.pace import Delay, Pace
from service.domain.stories.ranking import Rank
from service.domain.stories.summary import Quote


@dataclass(frozen=True, slots=True)
class Details:
    """Details of a story's description; empty before the first one. Outlets are slugs."""

    summary: tuple[Quote, ...] = ()
    entities: tuple[Entity, ...] = ()
    developments: tuple[Development, ...] = ()
    pace: Pace | None = None
    delays: tuple[Delay, ...] = ()
    rank: Rank | None = None

    def limit_to_articles(self, article_ids: Collection[int]) -> "Details":
        """The details without quotes and titles of other articles, such as hidden ones."""
        return replace(
            self,
            summary=tuple(each for each in self.summary if int(each.article) in article_ids),
            developments=tuple(
                each for each in self.developments if int(each.article) in article_ids
            ),
        )


_DETAILS = TypeAdapter(Details)


def to_json(details: Details) -> dict[str, Any]:
    """The JSON value of the column `details`; inverse of `from_json`."""
    stored: dict[str, Any] = _DETAILS.dump_python(details, mode="json")
    return stored


def from_json(stored: Mapping[str, Any]) -> Details:
    """The details from the column `details`; empty if their format is unknown."""
    try:
        return _DETAILS.validate_python(stored)
    except ValidationError:
        return Details()
