"""`/v1/feeds`: feeds with their fetch status; changes require the role `admin`."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.field_types import LanguageCodes, ShortText, TextValues
from service.errors.redaction import redact_url
from service.ingest.add_feed import add_new_feed, fetch_feed
from service.store.catalogue import feeds, views
from service.store.catalogue.feeds import FeedStatus
from service.store.catalogue.views import FeedFilter, FeedView
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.rendering.schemas import LANGUAGE, OutletRef, PageOut, Timestamp
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
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
from service.web.requests.parameters.types import BigInt, Cursor, CursorText, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/feeds", tags=["feeds"], responses=PROBLEM_RESPONSES)
ADMIN = Depends(RequireRole(Role.ADMIN))
FEED_CURSOR = Cursor("feeds", BigInt)
FeedId = Annotated[BigInt, Path(description="Id of the feed.")]


#: Description of the field `status`.
STATUS = "`active`: fetched; `paused`: temporarily not fetched; `retired`: permanently not fetched."


#: Description of the field `full_text`.
FULL_TEXT = (
    "Whether the pages of its articles are read for grouping, unless the publisher refuses. "
    "The texts of pages are not served."
)


class FeedErrorOut(BaseModel):
    """Error of the last fetch of a feed."""

    kind: str | None = Field(
        description="Kind of error, such as `timeout` or `not_a_feed`.", examples=["timeout"]
    )
    text: str | None = Field(
        description="Error message.", examples=["No response within 20 seconds"]
    )
    count: int = Field(description="Number of consecutive failures.")


class FeedOut(BaseModel):
    """A feed with its fetch status."""

    id: int
    url: str = Field(description="URL without user name and password.")
    title: str
    outlet: OutletRef
    language: str | None = Field(description=LANGUAGE)
    status: str = Field(description=STATUS)
    last_fetched_at: Timestamp | None = Field(
        description="Time of the last fetch, successful or not; null before the first one."
    )
    last_success_at: Timestamp | None = Field(
        description="Time of the last successful fetch; null before the first one."
    )
    full_text: bool = Field(description=FULL_TEXT)
    next_fetch_at: Timestamp = Field(description="Time of the next fetch of an active feed.")
    error: FeedErrorOut | None = Field(description="Null if the last fetch succeeded.")

    @classmethod
    def of(cls, feed: FeedView) -> Self:
        error = FeedErrorOut(kind=feed.error_kind, text=feed.error, count=feed.error_count)
        return cls(
            id=feed.id,
            url=redact_url(feed.url),
            title=feed.title,
            outlet=OutletRef(slug=feed.outlet, name=feed.outlet_name),
            language=feed.language,
            status=feed.status,
            last_fetched_at=feed.last_fetched_at,
            last_success_at=feed.last_success_at,
            full_text=feed.full_text,
            next_fetch_at=feed.next_fetch_at,
            error=error if feed.error_count else None,
        )


FeedFields = Annotated[Names, validate_fields(FeedOut), fields_parameter("id,outlet,status,error")]


class FeedFilterQuery(BaseModel):
    """Filters of the feed list."""

    model_config = ConfigDict(extra="forbid")

    status: FeedStatus | None = Field(None, description=STATUS)
    failing: bool | None = Field(
        None,
        description="True: only feeds whose last fetch failed. False: only others. Default: all.",
    )
    outlet: TextValues = Field([], description="Slugs of outlets; matches any of them.")
    language: LanguageCodes = Field(
        [], description="ISO 639 codes; only feeds that declare one of these languages."
    )

    def filter(self) -> FeedFilter:
        """The filter conditions."""
        return FeedFilter(self.status, self.failing, tuple(self.outlet), tuple(self.language))


class FeedQuery(FeedFilterQuery):
    """Query parameters of the feed list."""

    limit: Limit = 100
    cursor: CursorText | None = None
    fields: FeedFields | None = None


class NewFeedIn(BaseModel):
    """A feed to add."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="HTTP or HTTPS URL of the feed.",
        examples=["https://harbour-times.example/feed.xml"],
    )
    title: ShortText | None = Field(
        default=None, description="Display name. Default: the title in the feed."
    )


class FeedUpdateIn(BaseModel):
    """New values of a feed; fields that are omitted stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    status: FeedStatus | None = Field(None, description=STATUS)
    full_text: bool | None = Field(None, description=FULL_TEXT)


@router.get("", response_model=or_partial_page(PageOut[FeedOut], FeedOut))
def list_feeds(session: ReadSession, query: Annotated[FeedQuery, Query()]) -> Response:
    """List feeds in order of creation, with their fetch status."""
    require_known_values(session, query)
    after = FEED_CURSOR.decode(query.cursor)
    page = views.list_feeds(session, query.filter(), after=after, limit=query.limit)
    items = [FeedOut.of(feed) for feed in page.items]
    return page_response(PageOut(items=items, next=FEED_CURSOR.encode(page.next)), query.fields)


@router.get("/{feed_id}", response_model=or_partial(FeedOut), responses=NOT_FOUND_RESPONSE)
def get_feed(
    session: ReadSession,
    feed_id: FeedId,
    fields: Annotated[FeedFields | None, Query()] = None,
) -> Response:
    """Get one feed with its fetch status."""
    return json_response(FeedOut.of(views.get_feed(session, feed_id)), fields)


@router.post(
    "", status_code=201, response_model=FeedOut, responses=WRITE_RESPONSES, dependencies=[ADMIN]
)
def add_feed(web: WebContextDep, write: WriteDep, body: NewFeedIn) -> Response:
    """Fetch and parse a feed, then add it with its outlet.

    The request takes up to `fetch.timeout_seconds`. It returns 422 with the reason if the feed
    cannot be read, and 409 if the feed exists already. A URL with a private address returns 422
    unless its network is in `fetch.allow_networks`.
    """

    def add(session: Session) -> WriteResult:
        feed = fetch_feed(body.url, web.settings).to_opml(body.title or "")
        feed_id = add_new_feed(session, feed, now=web.clock())
        added = FeedOut.of(views.get_feed(session, feed_id))
        return WriteResult(added, f"/v1/feeds/{added.id}")

    return write(add)


@router.patch(
    "/{feed_id}",
    response_model=FeedOut,
    responses={**WRITE_RESPONSES, **NOT_FOUND_RESPONSE},
    dependencies=[ADMIN],
)
def update_feed(
    web: WebContextDep, write: WriteDep, feed_id: FeedId, body: FeedUpdateIn
) -> Response:
    """Set the status of a feed, or whether the pages of its articles are read.

    Feeds cannot be deleted, because their articles are kept. Set the status `retired` instead.
    """

    def change(session: Session) -> WriteResult:
        if body.status is not None:
            feeds.set_status(session, feed_id, body.status, now=web.clock())
        if body.full_text is not None:
            feeds.set_full_text(session, feed_id, full_text=body.full_text)
        return WriteResult(FeedOut.of(views.get_feed(session, feed_id)))

    return write(change)
