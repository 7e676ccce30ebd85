"""`/v1/subscribers/ID/alerts`: what somebody is told of at once, with a key of the role `admin`."""

from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from fastapi import Query as Asked
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.subscribers.alert_preferences import query
from service.domain.subscribers.alerts import Alert, Query
from service.errors import NotFoundError
from service.store.database.paging import cut
from service.store.subscribers import alerts, link_keys, subscribers
from service.web.api.subscribers.subscribers import ADMIN, ONE, SubscriberId, Text
from service.web.dependencies import Context, ReadSession
from service.web.pages.alert_feeds import feed_path
from service.web.pages.subscriptions import link_key
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.idempotency import WRITING, Done, Writing
from service.web.requests.parameters import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND, PROBLEMS

router = APIRouter(
    prefix="/v1/subscribers/{subscriber_id}/alerts",
    tags=["admin"],
    responses={**PROBLEMS, **NOT_FOUND, 403: WRITING[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("alerts", BigInt)
AlertId = Annotated[BigInt, Path(description="The alert's number.")]


class NewAlert(BaseModel):
    """Which stories to tell of: one of the words, names, outlets and countries each.

    What is left out asks for nothing; all are lists by commas.
    """

    model_config = ConfigDict(extra="forbid")

    words: Text = Field(default="", description="Words or phrases.", examples=["ferry, pier"])
    entities: Text = Field(
        default="", description="People, places, organisations.", examples=["Orlan"]
    )
    outlets: Text = Field(default="", description="Slugs.", examples=["harbour-times"])
    countries: Text = Field(default="", description="ISO codes of outlets.", examples=["GB"])
    min_independent: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="Independent coverage that a story needs at least.", examples=[2]
    )

    def query(self) -> Query:
        """The same as the domain takes it; BadInputError if it asks for nothing."""
        return query(**self.model_dump())


class AlertOut(BaseModel):
    """A saved query of a subscriber."""

    id: int
    query: str = Field(description="In words.", examples=["ferry or pier, from United Kingdom"])
    words: list[str] = Field(examples=[["ferry", "pier"]])
    entities: list[str] = Field(examples=[["Orlan"]])
    outlets: list[str] = Field(examples=[["harbour-times"]])
    countries: list[str] = Field(examples=[["GB"]])
    min_independent: int
    since: Instant = Field(description="What matched before is not told, unless it grows.")
    feed: str | None = Field(
        description="Where its stories are read as a feed, by whoever has the link: `.atom`, "
        "`.rss` or `.json`. Null before any link was made.",
        examples=["/digest/feeds/7-q1mYb3Zt5VfLw0cXn8Rk2s.atom"],
    )

    @classmethod
    def of(cls, found: Alert, key: bytes) -> Self:
        """`key` signs links; it is empty before there are any."""
        asked = found.query
        return cls(
            id=found.id,
            query=str(asked),
            words=sorted(asked.words),
            entities=sorted(asked.entities),
            outlets=sorted(asked.outlets),
            countries=sorted(asked.countries),
            min_independent=asked.min_independent,
            since=found.since,
            feed=feed_path(key, found.id) if key else None,
        )


@router.get("")
def list_alerts(
    session: ReadSession,
    subscriber_id: SubscriberId,
    limit: Annotated[Limit, Asked()] = 100,
    cursor: CursorQuery = None,
) -> PageOut[AlertOut]:
    """Somebody's alerts, the oldest first."""
    after = CURSOR.decode(cursor)
    owner, key = subscribers.get(session, subscriber_id), link_key(session)
    found = alerts.listed(session, owner.id, after=after[0] if after else 0, limit=limit + 1)
    page = cut([(AlertOut.of(each, key), (each.id,)) for each in found], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{alert_id}")
def read_alert(session: ReadSession, subscriber_id: SubscriberId, alert_id: AlertId) -> AlertOut:
    """One alert."""
    return AlertOut.of(_owned(session, subscriber_id, alert_id), link_key(session))


@router.post("", status_code=201, response_model=AlertOut, responses=ONE)
def add_alert(
    web: Context, write: Writing, subscriber_id: SubscriberId, wanted: NewAlert
) -> Response:
    """Save a query for somebody; what matches it already is not told, unless it grows.

    409 if they have this one.
    """
    asked = wanted.query()

    def add(session: Session) -> Done:
        added = alerts.add(session, subscriber_id, asked, now=web.clock())
        told = AlertOut.of(added, link_keys.ensure(session, link_keys.LINKS, now=web.clock()))
        return Done(told, f"/v1/subscribers/{subscriber_id}/alerts/{added.id}")

    return write(add)


@router.delete("/{alert_id}", status_code=204, response_class=Response, responses=ONE)
def remove_alert(
    web: Context, write: Writing, subscriber_id: SubscriberId, alert_id: AlertId
) -> Response:
    """Stop an alert for good; what waits to be told is not told either."""

    def remove(session: Session) -> Done:
        alerts.stop(session, _owned(session, subscriber_id, alert_id).id, now=web.clock())
        return Done(None)

    return write(remove)


def _owned(session: Session, subscriber_id: int, alert_id: int) -> Alert:
    """An alert of this subscriber; NotFoundError if it is somebody else's, or was stopped."""
    found = alerts.get(session, alert_id)
    if found.stopped or found.subscriber != subscriber_id:
        raise NotFoundError("alert", alert_id)
    return found.alert
