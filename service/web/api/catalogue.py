"""`/v1/outlets` and `/v1/feeds`: what is read, and how well that goes."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from service.store.reading import catalogue, outlets
from service.store.reading.catalogue import FeedView, OutletView
from service.store.reading.outlets import OutletFigures
from service.web import links
from service.web.conditional import TaggedSession
from service.web.context import ReadSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.schemas import Instant, OutletRef, PageOut
from service.web.words import BigInt, Cursor, CursorQuery, Limit, Word

router = APIRouter(prefix="/v1", responses=PROBLEMS)

OUTLET_CURSOR = Cursor("outlets", Word)
FEED_CURSOR = Cursor("feeds", BigInt)
Slug = Annotated[Word, Path(description="The outlet's slug.")]
Status = Literal["active", "paused", "retired"]


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


class FeedErrorOut(BaseModel):
    """Why the last fetch of a feed failed."""

    kind: str | None
    text: str | None
    count: int = Field(description="Failures in a row.")


class FeedOut(BaseModel):
    """A feed with its health."""

    id: int
    url: str = Field(description="Without user and password.")
    title: str
    outlet: OutletRef
    language: str | None
    status: str = Field(description="`active`, `paused` or `retired`.")
    last_fetched_at: Instant | None
    last_success_at: Instant | None
    next_fetch_at: Instant
    error: FeedErrorOut | None

    @classmethod
    def of(cls, feed: FeedView) -> Self:
        error = FeedErrorOut(kind=feed.error_kind, text=feed.error, count=feed.error_count)
        return cls(
            id=feed.id,
            url=links.without_secrets(feed.url),
            title=feed.title,
            outlet=OutletRef(slug=feed.outlet, name=feed.outlet_name),
            language=feed.language,
            status=feed.status,
            last_fetched_at=feed.last_fetched_at,
            last_success_at=feed.last_success_at,
            next_fetch_at=feed.next_fetch_at,
            error=error if feed.error_count else None,
        )


@router.get("/outlets", tags=["outlets"])
def list_outlets(  # noqa: PLR0917  # FastAPI calls it by name
    session: TaggedSession,
    family: Annotated[Word | None, Query(description="Slug of a publisher family.")] = None,
    country: Annotated[Word | None, Query(description="ISO 3166-1 code.")] = None,
    language: Annotated[Word | None, Query(description="ISO 639-1 code.")] = None,
    edited: Annotated[bool | None, Query(description="Whether an admin changed it.")] = None,
    limit: Annotated[Limit, Query()] = 100,
    cursor: CursorQuery = None,
) -> PageOut[OutletOut]:
    """Outlets by slug."""
    page = catalogue.list_outlets(
        session,
        family=family,
        country=country and country.upper(),
        language=language and language.lower(),
        edited=edited,
        after=OUTLET_CURSOR.decode(cursor),
        limit=limit,
    )
    items = [OutletOut.of(outlet) for outlet in page.items]
    return PageOut(items=items, next=OUTLET_CURSOR.encode(page.next))


@router.get("/outlets/{slug}", tags=["outlets"], responses=NOT_FOUND)
def read_outlet(session: TaggedSession, slug: Slug) -> OutletDetailOut:
    """One outlet with its share of first reports, its median delay, its independence."""
    outlet = outlets.get_outlet(session, slug)
    figures = OutletFiguresOut.of(outlets.figures_of(session, outlet))
    return OutletDetailOut(**dict(OutletOut.of(outlet)), figures=figures)


@router.get("/feeds", tags=["feeds"])
def list_feeds(  # noqa: PLR0917  # FastAPI calls it by name
    session: ReadSession,
    status: Annotated[Status | None, Query()] = None,
    failing: Annotated[bool | None, Query(description="Whether the last fetch failed.")] = None,
    outlet: Annotated[Word | None, Query(description="Slug of an outlet.")] = None,
    limit: Annotated[Limit, Query()] = 100,
    cursor: CursorQuery = None,
) -> PageOut[FeedOut]:
    """Feeds in the order in which they were added, with their health."""
    after = FEED_CURSOR.decode(cursor)
    page = catalogue.list_feeds(
        session, status=status, failing=failing, outlet=outlet, after=after, limit=limit
    )
    items = [FeedOut.of(feed) for feed in page.items]
    return PageOut(items=items, next=FEED_CURSOR.encode(page.next))


@router.get("/feeds/{feed_id}", tags=["feeds"], responses=NOT_FOUND)
def read_feed(session: ReadSession, feed_id: Annotated[BigInt, Path()]) -> FeedOut:
    """One feed with its health."""
    return FeedOut.of(catalogue.get_feed(session, feed_id))
