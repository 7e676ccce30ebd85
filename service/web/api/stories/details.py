"""Response schemas of story descriptions: summary, entities, developments, delays."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, Field

from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.domain.locales.names import direction
from service.domain.stories.developments import Development
from service.domain.stories.wording.summary import Quote
from service.store.story_views.views import StoryView
from service.web.rendering.display_names import outlet_names
from service.web.rendering.schemas import OutletRef, Timestamp


class QuoteOut(BaseModel):
    """A sentence quoted from an article."""

    text: str
    language: str | None = Field(
        description="ISO 639 code of the language of the sentence; null if it is unknown."
    )
    direction: str = Field(
        description="Direction of the text, a value of the HTML attribute `dir`: `ltr`, `rtl`, or "
        "`auto` if the language is unknown."
    )
    article: int = Field(description="Id of the article.")
    url: str = Field(description="URL of the article.")
    outlet: OutletRef
    at: Timestamp | None = Field(
        description="Time of the report; null in descriptions by earlier versions."
    )
    complete: bool = Field(
        description="False if the feed truncated the sentence, in descriptions by earlier versions."
    )

    @classmethod
    def build(cls, quote: Quote, urls: Mapping[int, str], names: Mapping[str, str]) -> Self:
        """The quote with the URL of its article and the name of its outlet."""
        return cls(
            text=quote.text,
            language=quote.lang or None,
            direction=direction(quote.lang),
            article=int(quote.article),
            url=urls[int(quote.article)],
            outlet=_outlet_ref(quote.outlet, names),
            at=quote.at,
            complete=quote.complete,
        )


class AgencyTextOut(BaseModel):
    """A news agency whose text other outlets of a story print; it counts as one report."""

    name: str
    slug: str | None = Field(description="Outlet of the agency; null if the catalogue has none.")
    articles: list[int] = Field(description="Ids of the articles with text of the agency.")


class DevelopmentOut(BaseModel):
    """A report with new information compared with all earlier ones of its story."""

    at: Timestamp = Field(description="Time of the report.")
    title: str = Field(description="Title of the article.")
    article: int = Field(description="Id of the article.")
    url: str = Field(description="URL of the article.")
    outlet: OutletRef
    outlets: int = Field(description="Number of outlets with a report up to this time.")

    @classmethod
    def build(
        cls, development: Development, urls: Mapping[int, str], names: Mapping[str, str]
    ) -> Self:
        """The development with the URL of its article and the name of its outlet."""
        return cls(
            at=development.at,
            title=development.title,
            article=int(development.article),
            url=urls[int(development.article)],
            outlet=_outlet_ref(development.outlet, names),
            outlets=development.outlets,
        )


class DelayOut(BaseModel):
    """The first report of an outlet, and its delay after the first report of the story."""

    outlet: OutletRef
    at: Timestamp = Field(description="Time of the outlet's first report.")
    seconds: float = Field(
        description="Delay after the first report of the story, in seconds; 0 for that report."
    )
    is_copy: bool = Field(description="Whether the outlet's first report is a copy.")


class EntityOut(BaseModel):
    """A named entity."""

    name: str = Field(description="Name in the spelling of the articles.")
    articles: int = Field(description="Number of articles with the name, without copies.")


class EntitiesOut(BaseModel):
    """Named entities by kind, most frequent first."""

    people: list[EntityOut]
    places: list[EntityOut]
    organisations: list[EntityOut]


class StoryDescriptionOut(BaseModel):
    """Results of the job `describe`; empty until it has processed the story."""

    summary: list[QuoteOut] = Field(
        description="Up to three sentences, each from a different outlet. The most central one is "
        "first, the others are in chronological order."
    )
    local_summary: list[QuoteOut] = Field(
        description="Up to three sentences in each language of `headlines` other than that of the "
        "headline. Empty for a language without a suitable sentence."
    )
    agencies: list[AgencyTextOut] = Field(
        description="News agencies whose text other outlets print. The independent coverage counts "
        "each agency once."
    )
    entities: EntitiesOut
    developments: list[DevelopmentOut] = Field(
        description="Reports with new information, in chronological order."
    )
    first_reporter: DelayOut | None = Field(
        description="The first entry of `delays`, if it certainly was the first report: its time is "
        "known to the minute, and no other outlet may have been earlier. Otherwise null."
    )
    among_first: list[OutletRef] = Field(
        description="Outlets that may have been first, if `first_reporter` is null: those with the "
        "earliest time, or with a report whose time is known only to the day."
    )
    delays: list[DelayOut] = Field(
        description="First report of each outlet, in chronological order. Articles of other types, "
        "and reports whose time is not known to the minute, do not count."
    )


def description_fields(story: StoryView) -> dict[str, Any]:
    """Return the field values of `StoryDescriptionOut` for a story."""
    names = outlet_names(story.reports)
    urls = {report.article_id: report.url for report in story.reports}
    details = story.details
    first = story.first_reporters
    delays = [
        DelayOut(
            outlet=_outlet_ref(delay.outlet, names),
            at=delay.at,
            seconds=delay.delay.total_seconds(),
            is_copy=delay.copy,
        )
        for delay in details.delays
    ]
    return {
        "summary": [QuoteOut.build(each, urls, names) for each in details.summary],
        "local_summary": [QuoteOut.build(each, urls, names) for each in details.local_summary],
        "agencies": [
            AgencyTextOut(
                name=each.name, slug=each.slug or None, articles=[int(key) for key in each.articles]
            )
            for each in details.agencies
        ],
        "entities": EntitiesOut(
            people=_entities_of_kind(details.entities, Kind.PERSON),
            places=_entities_of_kind(details.entities, Kind.PLACE),
            organisations=_entities_of_kind(details.entities, Kind.ORGANISATION),
        ),
        "developments": [DevelopmentOut.build(each, urls, names) for each in details.developments],
        "first_reporter": next(
            (each for each in delays if first.certain and each.outlet.slug in first.outlets), None
        ),
        "among_first": []
        if first.certain
        else [_outlet_ref(slug, names) for slug in first.outlets],
        "delays": delays,
    }


def _entities_of_kind(entities: tuple[Entity, ...], kind: Kind) -> list[EntityOut]:
    return [
        EntityOut(name=each.name, articles=each.articles) for each in entities if each.kind == kind
    ]


def _outlet_ref(slug: str, names: Mapping[str, str]) -> OutletRef:
    """The outlet with its name; with its slug if it no longer reports the story."""
    return OutletRef(slug=slug, name=names.get(slug, slug))
