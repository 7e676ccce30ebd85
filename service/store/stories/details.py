"""What is told of a story beyond its headline, as the column `details` holds it."""

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
    """Outlets are named by their slugs; all of it is empty before the first description."""

    summary: tuple[Quote, ...] = ()
    entities: tuple[Entity, ...] = ()
    developments: tuple[Development, ...] = ()
    pace: Pace | None = None
    delays: tuple[Delay, ...] = ()
    rank: Rank | None = None

    def said_by(self, article_ids: Collection[int]) -> "Details":
        """Without the words of articles that are no members (any more), such as hidden ones."""
        return replace(
            self,
            summary=tuple(each for each in self.summary if int(each.article) in article_ids),
            developments=tuple(
                each for each in self.developments if int(each.article) in article_ids
            ),
        )


_DETAILS = TypeAdapter(Details)


def to_json(details: Details) -> dict[str, Any]:
    """As it is stored; `from_json` is its inverse."""
    stored: dict[str, Any] = _DETAILS.dump_python(details, mode="json")
    return stored


def from_json(stored: Mapping[str, Any]) -> Details:
    """What was stored; nothing if another version wrote it, until the story is described anew."""
    try:
        return _DETAILS.validate_python(stored)
    except ValidationError:
        return Details()
