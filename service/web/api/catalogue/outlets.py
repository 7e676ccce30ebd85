"""`/v1/outlets`: who is read, and how each of them reports."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.store.catalogue import outlet_stats, views
from service.store.catalogue.outlet_stats import OutletFigures
from service.store.catalogue.views import OutletFilter, OutletOrder, OutletView
from service.web.api.stories.query import Countries, Languages, Words
from service.web.middleware.etags import TaggedSession
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.fields import (
    Names,
    PartialPageOut,
    answer,
    fields_of,
    page_answer,
    such_as,
)
from service.web.requests.parameters import Cursor, CursorText, Limit, Word
from service.web.requests.problems import NOT_FOUND, PROBLEMS

router = APIRouter(prefix="/v1/outlets", tags=["outlets"], responses=PROBLEMS)

OUTLET_CURSORS = {
    OutletOrder.SLUG: Cursor("outlets", Word),
    OutletOrder.LATEST: Cursor("outlets/latest", AwareDatetime, Word),
}
Slug = Annotated[Word, Path(description="The outlet's slug.")]


class FamilyRef(BaseModel):
    """A publisher family by name."""

    slug: str
    name: str


class OutletOut(BaseModel):
    """A publisher."""

    slug: str
    name: str
    country: str | None = Field(description="ISO 3166-1 alpha-2.")
    language: str | None = Field(description="ISO 639-1.")
    family: FamilyRef
    agency: bool = Field(description="Whether others reprint its texts.")
    edited_at: Instant | None = Field(
        description="When an admin changed it last; null where all is as configured."
    )
    configured: dict[str, str | bool | None] = Field(
        description="What the configuration says of the facts that an admin changed.",
        examples=[{"country": "GB"}],
    )
    feeds: int
    last_reported_at: Instant | None

    @classmethod
    def of(cls, outlet: OutletView) -> Self:
        return cls(
            slug=outlet.slug,
            name=outlet.name,
            country=outlet.country,
            language=outlet.language,
            family=FamilyRef(slug=outlet.family, name=outlet.family_name),
            agency=outlet.agency,
            edited_at=outlet.edited_at,
            configured=dict(outlet.configured or {}),
            feeds=outlet.feeds,
            last_reported_at=outlet.last_reported_at,
        )


class OutletFiguresOut(BaseModel):
    """How an outlet reported over the thirty days up to its last report."""

    since: Instant
    until: Instant
    articles: int
    copies: int = Field(description="Of these, reprints of other articles.")
    independence: float = Field(description="Share of the articles that are no copies, 0 to 1.")
    stories: int = Field(description="Where it reported with a date that can be trusted.")
    shared: int = Field(description="Of these, the ones that other outlets reported, too.")
    first: int = Field(description="Of the shared ones, where nobody reported before it.")
    share_of_first: float | None = Field(description="`first` of `shared`; null without any.")
    median_delay_seconds: float | None = Field(
        description="After the first other outlet, 0 where it was first; null without any."
    )

    @classmethod
    def of(cls, found: OutletFigures | None) -> Self | None:
        if found is None:
            return None
        delay = found.median_delay
        return cls(
            since=found.since,
            until=found.until,
            articles=found.articles,
            copies=found.copies,
            independence=1 - found.copies / max(found.articles, 1),
            stories=found.stories,
            shared=found.shared,
            first=found.first,
            share_of_first=found.first / found.shared if found.shared else None,
            median_delay_seconds=None if delay is None else delay.total_seconds(),
        )


class OutletDetailOut(OutletOut):
    """A publisher, and how it reports."""

    figures: OutletFiguresOut | None = Field(description="Null before its first report.")


OutletFields = Annotated[Names, fields_of(OutletDetailOut), such_as("slug,name,country")]


class OutletQuery(BaseModel):
    """Which outlets, in what order, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    family: Words = Field([], description="Slugs of publisher families; any of them.")
    country: Countries = Field([], description="ISO 3166-1 codes; any of them.")
    language: Languages = Field([], description="ISO 639-1 codes; any of them.")
    agency: bool | None = Field(None, description="Whether others reprint its texts.")
    edited: bool | None = Field(None, description="Whether an admin changed it.")
    sort: OutletOrder = OutletOrder.SLUG
    limit: Limit = 100
    cursor: CursorText | None = None
    fields: OutletFields | None = None

    def filter(self) -> OutletFilter:
        """The conditions alone."""
        return OutletFilter(
            families=tuple(self.family),
            countries=tuple(self.country),
            languages=tuple(self.language),
            agency=self.agency,
            edited=self.edited,
        )


@router.get("", response_model=PageOut[OutletOut] | PartialPageOut)
def list_outlets(session: TaggedSession, query: Annotated[OutletQuery, Query()]) -> Response:
    """Outlets by slug, or with `sort=latest` by their last report, the latest first."""
    cursor = OUTLET_CURSORS[query.sort]
    page = views.list_outlets(
        session,
        query.filter(),
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    items = [OutletOut.of(outlet) for outlet in page.items]
    return page_answer(PageOut(items=items, next=cursor.encode(page.next)), query.fields)


@router.get("/{slug}", response_model=OutletDetailOut | dict[str, Any], responses=NOT_FOUND)
def read_outlet(
    session: TaggedSession, slug: Slug, fields: Annotated[OutletFields | None, Query()] = None
) -> Response:
    """One outlet with its share of first reports, its median delay, its independence."""
    outlet = outlet_stats.get_outlet(session, slug)
    figures = OutletFiguresOut.of(outlet_stats.figures_of(session, outlet))
    return answer(OutletDetailOut(**dict(OutletOut.of(outlet)), figures=figures), fields)
