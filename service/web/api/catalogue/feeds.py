"""`/v1/feeds`: what is read, and how well that goes; with the role `admin`, adding and resting."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.errors import TakenError
from service.ingest.add_feed import add_feeds, read_feed
from service.store.catalogue import feeds
from service.store.catalogue.feeds import FeedStatus
from service.store.catalogue.views import FeedFilter, FeedView, get_feed
from service.store.catalogue.views import list_feeds as list_of_feeds
from service.web.api.stories.query import Languages, Words
from service.web.dependencies import Context, ReadSession
from service.web.middleware.authenticate import Needs
from service.web.rendering import links
from service.web.rendering.schemas import Instant, OutletRef, PageOut
from service.web.requests.fields import (
    Names,
    PartialPageOut,
    answer,
    fields_of,
    page_answer,
    such_as,
)
from service.web.requests.idempotency import WRITING, Done, Writing
from service.web.requests.parameters import BigInt, Cursor, CursorText, Limit, Word
from service.web.requests.problems import NOT_FOUND, PROBLEMS

router = APIRouter(prefix="/v1/feeds", tags=["feeds"], responses=PROBLEMS)
ADMIN = Security(Needs(Role.ADMIN), scopes=[Role.ADMIN])
FEED_CURSOR = Cursor("feeds", BigInt)
FeedId = Annotated[BigInt, Path(description="The feed's number.")]


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


FeedFields = Annotated[Names, fields_of(FeedOut), such_as("id,outlet,status,error")]


class FeedQuery(BaseModel):
    """Which feeds, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    status: FeedStatus | None = None
    failing: bool | None = Field(None, description="Whether the last fetch failed.")
    outlet: Words = Field([], description="Slugs of outlets; any of them.")
    language: Languages = Field(
        [], description="Languages that feeds say they are in; any of them."
    )
    limit: Limit = 100
    cursor: CursorText | None = None
    fields: FeedFields | None = None

    def filter(self) -> FeedFilter:
        """The conditions alone."""
        return FeedFilter(self.status, self.failing, tuple(self.outlet), tuple(self.language))


class NewFeedIn(BaseModel):
    """A feed to add."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="Its http or https address.",
        examples=["https://harbour-times.example/feed.xml"],
    )
    title: Word | None = Field(default=None, description="Else what it calls itself.")


class FeedChange(BaseModel):
    """What is to become of a feed."""

    model_config = ConfigDict(extra="forbid")

    status: FeedStatus = Field(
        description="`active`: it is fetched; `paused`: not for now; `retired`: no more."
    )


@router.get("", response_model=PageOut[FeedOut] | PartialPageOut)
def list_feeds(session: ReadSession, query: Annotated[FeedQuery, Query()]) -> Response:
    """Feeds in the order in which they were added, with their health."""
    after = FEED_CURSOR.decode(query.cursor)
    page = list_of_feeds(session, query.filter(), after=after, limit=query.limit)
    items = [FeedOut.of(feed) for feed in page.items]
    return page_answer(PageOut(items=items, next=FEED_CURSOR.encode(page.next)), query.fields)


@router.get("/{feed_id}", response_model=FeedOut | dict[str, Any], responses=NOT_FOUND)
def read_one_feed(
    session: ReadSession,
    feed_id: FeedId,
    fields: Annotated[FeedFields | None, Query()] = None,
) -> Response:
    """One feed with its health."""
    return answer(FeedOut.of(get_feed(session, feed_id)), fields)


@router.post("", status_code=201, response_model=FeedOut, responses=WRITING, dependencies=[ADMIN])
def add_feed(web: Context, write: Writing, wanted: NewFeedIn) -> Response:
    """Fetch and parse a feed, and add it with its outlet if that works.

    That may take as long as `fetch.timeout_seconds`. 422 says why a feed could not be read; 409,
    that it is known. Of private addresses those are read that `fetch.allow_networks` names.
    """

    def add(session: Session) -> Done:
        feed = read_feed(wanted.url, web.settings).to_add(wanted.title or "")
        if not add_feeds(session, [feed], now=web.clock()):
            raise TakenError(f"the feed {feed.url} is known already")
        row = feeds.feed_at(session, feed.url)
        found = FeedOut.of(get_feed(session, row.id if row else 0))
        return Done(found, f"/v1/feeds/{found.id}")

    return write(add)


@router.patch(
    "/{feed_id}",
    response_model=FeedOut,
    responses={**WRITING, **NOT_FOUND},
    dependencies=[ADMIN],
)
def change_feed(web: Context, write: Writing, feed_id: FeedId, wanted: FeedChange) -> Response:
    """Let a feed be fetched or not. Its articles stay, so that no feed is ever deleted."""

    def change(session: Session) -> Done:
        feeds.set_status(session, feed_id, wanted.status, now=web.clock())
        return Done(FeedOut.of(get_feed(session, feed_id)))

    return write(change)
