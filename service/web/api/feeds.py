"""Adding feeds and letting them rest, with a key of the role `admin`; lists are in `catalogue`."""

from typing import Annotated

from fastapi import APIRouter, Path, Response, Security
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.adding import add_feeds, read_feed
from service.domain.access import Role
from service.errors import TakenError
from service.store import catalogue
from service.store.catalogue import FeedStatus
from service.store.reading.catalogue import get_feed
from service.web.api.catalogue import FeedOut
from service.web.callers import Needs
from service.web.context import Context, ReadSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.words import BigInt, Word
from service.web.writing import WRITING, Done, Writing

router = APIRouter(prefix="/v1/feeds", tags=["feeds"], responses=PROBLEMS)
ADMIN = Security(Needs(Role.ADMIN), scopes=[Role.ADMIN])
FeedId = Annotated[BigInt, Path(description="The feed's number.")]


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


@router.get("/{feed_id}", responses=NOT_FOUND)
def read_one_feed(session: ReadSession, feed_id: FeedId) -> FeedOut:
    """One feed with its health."""
    return FeedOut.of(get_feed(session, feed_id))


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
        row = catalogue.feed_at(session, feed.url)
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
        catalogue.set_status(session, feed_id, wanted.status, now=web.clock())
        return Done(FeedOut.of(get_feed(session, feed_id)))

    return write(change)
