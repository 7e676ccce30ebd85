"""`/v1/outlets`: outlets with their reporting statistics."""

from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.domain.field_types import MAX_IDS, CountryCodes, LanguageCodes, ShortText, TextValues
from service.store.catalogue import outlet_stats, views
from service.store.catalogue.outlet_stats import OutletStats
from service.store.catalogue.views import OutletFilter, OutletOrder, OutletView
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import COUNTRY, LANGUAGE, PageOut, Timestamp
from service.web.requests.parameters.fields import (
    Names,
    fields_parameter,
    json_response,
    or_partial,
    or_partial_page,
    page_response,
    validate_fields,
)
from service.web.requests.parameters.known_values import require_known_values
from service.web.requests.parameters.types import Cursor, CursorText, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/outlets", tags=["outlets"], responses=PROBLEM_RESPONSES)

OUTLET_CURSORS = {
    OutletOrder.SLUG: Cursor("outlets", ShortText),
    OutletOrder.LATEST: Cursor("outlets/latest", AwareDatetime, ShortText),
}
Slug = Annotated[ShortText, Path(description="Slug of the outlet.")]


#: Description of the field `agency`.
AGENCY = (
    "Whether the outlet is a news agency. Among articles with the same text, that of an agency is "
    "the original."
)


class FamilyRef(BaseModel):
    """Slug and name of a publisher family."""

    slug: str
    name: str


class OutletOut(BaseModel):
    """An outlet: a publisher with one or more feeds."""

    slug: str
    name: str
    country: str | None = Field(description=COUNTRY)
    language: str | None = Field(description=LANGUAGE)
    family: FamilyRef
    agency: bool = Field(description=AGENCY)
    edited_at: Timestamp | None = Field(
        description="Time of the last edit by an admin; null without edits."
    )
    configured_values: dict[str, str | bool | None] = Field(
        description="Configured values of the edited fields.",
        examples=[{"country": "GB"}],
    )
    feeds: int = Field(description="Number of feeds.")
    last_reported_at: Timestamp | None = Field(
        description="Time of the last report; null before the first one."
    )

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
            configured_values=dict(outlet.configured_values or {}),
            feeds=outlet.feeds,
            last_reported_at=outlet.last_reported_at,
        )


class OutletStatsOut(BaseModel):
    """Statistics of the reports of an outlet in the thirty days up to its last report."""

    since: Timestamp = Field(description="Start of the thirty days.")
    until: Timestamp = Field(description="End of the thirty days: time of the last report.")
    articles: int = Field(description="Number of articles, copies included.")
    copies: int = Field(description="Number of articles that are copies of other articles.")
    independent_rate: float = Field(
        description="Share of articles that are not copies, 0 to 1. Unlike in independent coverage, "
        "articles of every type count, and agency texts too."
    )
    stories: int = Field(
        description="Number of stories with an article of this outlet whose time is known to the "
        "minute."
    )
    shared_stories: int = Field(
        description="Number of `stories` that also have reports of other outlets with known times."
    )
    first_reports: int = Field(
        description="Number of shared stories in which no other outlet can have reported earlier."
    )
    first_report_rate: float | None = Field(
        description="`first_reports` / `shared_stories`, 0 to 1; null without shared stories."
    )
    median_delay_seconds: float | None = Field(
        description="Median delay in seconds after the first report of another outlet in the "
        "shared stories; the delay of a first report is 0. Null without shared stories."
    )

    @classmethod
    def of(cls, stats: OutletStats | None) -> Self | None:
        if stats is None:
            return None
        delay = stats.median_delay
        return cls(
            since=stats.since,
            until=stats.until,
            articles=stats.articles,
            copies=stats.copies,
            independent_rate=1 - stats.copies / max(stats.articles, 1),
            stories=stats.stories,
            shared_stories=stats.shared_stories,
            first_reports=stats.first_reports,
            first_report_rate=stats.first_reports / stats.shared_stories
            if stats.shared_stories
            else None,
            median_delay_seconds=None if delay is None else delay.total_seconds(),
        )


class OutletDetailOut(OutletOut):
    """An outlet with its reporting statistics."""

    stats: OutletStatsOut | None = Field(description="Null before the first report.")


OutletFields = Annotated[
    Names, validate_fields(OutletDetailOut), fields_parameter("slug,name,country")
]


class OutletFilterQuery(BaseModel):
    """Filters and order of the outlet list."""

    model_config = ConfigDict(extra="forbid")

    slug: Annotated[list[ShortText], Field(max_length=MAX_IDS)] = Field(
        [], description=f"Slugs of outlets, at most {MAX_IDS}; only these outlets."
    )
    name: ShortText | None = Field(
        None,
        description="Part of the name, the slug or a site of the outlet, in any case.",
        examples=["harbour"],
    )
    family: TextValues = Field([], description="Slugs of publisher families; matches any of them.")
    country: CountryCodes = Field([], description="ISO 3166-1 codes; matches any of them.")
    language: LanguageCodes = Field([], description="ISO 639 codes; matches any of them.")
    agency: bool | None = Field(
        None,
        description="True: only news agencies. False: only other outlets. Default: all.",
    )
    edited: bool | None = Field(
        None,
        description="True: only outlets that an admin edited. False: only others. Default: all.",
    )
    sort: OutletOrder = Field(
        OutletOrder.SLUG, description="`slug`, or `latest`: by last report, latest first."
    )

    def filter(self) -> OutletFilter:
        """The filter conditions."""
        return OutletFilter(
            families=tuple(self.family),
            countries=tuple(self.country),
            languages=tuple(self.language),
            agency=self.agency,
            edited=self.edited,
            slugs=tuple(self.slug),
            text=self.name or "",
        )


class OutletQuery(OutletFilterQuery):
    """Query parameters of the outlet list."""

    limit: Limit = 100
    cursor: CursorText | None = None
    fields: OutletFields | None = None


@router.get("", response_model=or_partial_page(PageOut[OutletOut], OutletDetailOut))
def list_outlets(session: ETagSession, query: Annotated[OutletQuery, Query()]) -> Response:
    """List outlets by slug, or with `sort=latest` by last report, latest first."""
    require_known_values(session, query)
    cursor = OUTLET_CURSORS[query.sort]
    page = views.list_outlets(
        session,
        query.filter(),
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    items = [OutletOut.of(outlet) for outlet in page.items]
    return page_response(PageOut(items=items, next=cursor.encode(page.next)), query.fields)


@router.get("/{slug}", response_model=or_partial(OutletDetailOut), responses=NOT_FOUND_RESPONSE)
def get_outlet(
    session: ETagSession, slug: Slug, fields: Annotated[OutletFields | None, Query()] = None
) -> Response:
    """Get one outlet with its reporting statistics."""
    outlet = outlet_stats.get_outlet(session, slug)
    stats = OutletStatsOut.of(outlet_stats.load_outlet_stats(session, outlet))
    return json_response(OutletDetailOut(**dict(OutletOut.of(outlet)), stats=stats), fields)
