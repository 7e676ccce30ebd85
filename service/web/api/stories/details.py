"""What a story answer tells beyond members and history: only words of its articles."""

from typing import Any

from pydantic import BaseModel, Field

from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.domain.stories.developments import Development
from service.domain.stories.pace import Delay
from service.domain.stories.summary import Quote
from service.store.story_views.views import StoryView
from service.web.rendering.display_names import outlet_names
from service.web.rendering.schemas import Instant, OutletRef


class QuoteOut(BaseModel):
    """A sentence of an article, word for word."""

    text: str
    article: int
    outlet: OutletRef
    whole: bool = Field(description="False where the outlet, or its feed, cut the sentence off.")


class DevelopmentOut(BaseModel):
    """A report that said something new, by its own title."""

    at: Instant
    title: str
    article: int
    outlet: OutletRef
    outlets: int = Field(description="Outlets that had reported by then.")


class DelayOut(BaseModel):
    """An outlet's first report beside that of the first reporter."""

    outlet: OutletRef
    at: Instant
    seconds: float = Field(description="After the first reporter; 0 for that one.")
    is_copy: bool


class EntityOut(BaseModel):
    """A name as the articles write it."""

    name: str
    articles: int = Field(description="Originals that hold it.")


class EntitiesOut(BaseModel):
    """Who and what is named, most often first."""

    people: list[EntityOut]
    places: list[EntityOut]
    organisations: list[EntityOut]


class TellingOut(BaseModel):
    """What the job `describe` found in a story's articles; empty until it did."""

    summary: list[QuoteOut] = Field(
        description="Two to four sentences where as many outlets report, each from another one."
    )
    entities: EntitiesOut
    developments: list[DevelopmentOut]
    first_reporter: DelayOut | None
    delays: list[DelayOut] = Field(description="Every outlet, the first reporter first.")


def telling_fields(story: StoryView) -> dict[str, Any]:
    """The values of `TellingOut` for a story."""
    names = outlet_names(story.reports)
    told = story.details
    delays = [_delay(delay, names) for delay in told.delays]
    return {
        "summary": [_quote(quote, names) for quote in told.summary],
        "entities": EntitiesOut(
            people=_of_kind(told.entities, Kind.PERSON),
            places=_of_kind(told.entities, Kind.PLACE),
            organisations=_of_kind(told.entities, Kind.ORGANISATION),
        ),
        "developments": [_development(each, names) for each in told.developments],
        "first_reporter": delays[0] if delays else None,
        "delays": delays,
    }


def _quote(quote: Quote, names: dict[str, str]) -> QuoteOut:
    return QuoteOut(
        text=quote.text,
        article=int(quote.article),
        outlet=_outlet(quote.outlet, names),
        whole=quote.whole,
    )


def _development(found: Development, names: dict[str, str]) -> DevelopmentOut:
    return DevelopmentOut(
        at=found.at,
        title=found.title,
        article=int(found.article),
        outlet=_outlet(found.outlet, names),
        outlets=found.outlets,
    )


def _delay(delay: Delay, names: dict[str, str]) -> DelayOut:
    return DelayOut(
        outlet=_outlet(delay.outlet, names),
        at=delay.at,
        seconds=delay.delay.total_seconds(),
        is_copy=delay.copy,
    )


def _of_kind(entities: tuple[Entity, ...], kind: Kind) -> list[EntityOut]:
    return [
        EntityOut(name=each.name, articles=each.articles) for each in entities if each.kind == kind
    ]


def _outlet(slug: str, names: dict[str, str]) -> OutletRef:
    """An outlet that reports no more in the story is shown by its slug."""
    return OutletRef(slug=slug, name=names.get(slug, slug))
