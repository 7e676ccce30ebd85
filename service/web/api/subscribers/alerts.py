"""`/v1/subscribers/ID/alerts`: manage alerts of a subscriber; requires an `admin` key."""

from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import Alert, AlertConditions
from service.errors import NotFoundError
from service.store.database.paging import make_page
from service.store.subscribers import alerts, link_keys, subscribers
from service.web.api.subscribers.subscribers import ADMIN, MIN_INDEPENDENT, ONE, SubscriberId, Text
from service.web.dependencies import ReadSession, WebContextDep
from service.web.pages.alert_feeds import feed_path
from service.web.pages.subscriptions import load_link_key
from service.web.rendering.schemas import PageOut, Timestamp
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(
    prefix="/v1/subscribers/{subscriber_id}/alerts",
    tags=["subscribers"],
    responses={**PROBLEM_RESPONSES, **NOT_FOUND_RESPONSE, 403: WRITE_RESPONSES[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("alerts", BigInt)
AlertId = Annotated[BigInt, Path(description="Id of the alert.")]


#: Descriptions of the fields of a query.
WORDS = "Words or phrases in the titles of reports, keywords or names of a story."
ENTITIES = "Names of people, places or organisations."
OUTLETS = "Slugs of outlets."
QUERY = "Id of a saved query."
COUNTRIES = "ISO 3166-1 codes of the outlets' countries."


class NewAlert(BaseModel):
    """Conditions of an alert: for each given field, a story must have at least one of the values.

    Lists are comma-separated. Give at least one list, a `query`, or `min_independent` of
    at least 2.
    """

    model_config = ConfigDict(extra="forbid")

    words: Text = Field(
        default="",
        description=WORDS,
        examples=["ferry, pier"],
    )
    entities: Text = Field(default="", description=ENTITIES, examples=["Orlan"])
    outlets: Text = Field(default="", description=OUTLETS, examples=["harbour-times"])
    countries: Text = Field(
        default="",
        description=COUNTRIES,
        examples=["GB"],
    )
    min_independent: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1,
        description=MIN_INDEPENDENT,
        examples=[2],
    )

    query: Text = Field(default="", description=QUERY, examples=["harbour"])

    def parse(self) -> AlertConditions:
        """Convert to the domain's form; raises BadInputError if there are no conditions."""
        return parse_conditions(**self.model_dump())


class AlertOut(BaseModel):
    """Conditions of a subscriber on stories, which may include a saved query."""

    id: int
    description: str = Field(
        description="All conditions in words.", examples=["ferry or pier, from United Kingdom"]
    )
    words: list[str] = Field(description=WORDS, examples=[["ferry", "pier"]])
    entities: list[str] = Field(description=ENTITIES, examples=[["Orlan"]])
    outlets: list[str] = Field(description=OUTLETS, examples=[["harbour-times"]])
    countries: list[str] = Field(description=COUNTRIES, examples=[["GB"]])
    min_independent: int = Field(description=MIN_INDEPENDENT)
    query: str | None = Field(description=f"{QUERY} Null: none.", examples=["harbour"])
    created_at: Timestamp = Field(
        description="Creation time. Stories that matched before this time trigger the alert only "
        "when their independent coverage has grown by the factor `alerts.growth`."
    )
    feed: str | None = Field(
        description="Path of an Atom feed of the matching stories. For other formats, replace "
        "`.atom` by `.rss` or `.json`. The feed requires no API key. Null until the service has "
        "created its key for signed links.",
        examples=["/digest/feeds/7-q1mYb3Zt5VfLw0cXn8Rk2s.atom"],
    )

    @classmethod
    def of(cls, alert: Alert, key: bytes) -> Self:
        """Convert an alert; `key` signs links and is empty before the first one."""
        conditions = alert.conditions
        return cls(
            id=alert.id,
            description=str(conditions),
            words=sorted(conditions.words),
            entities=sorted(conditions.entities),
            outlets=sorted(conditions.outlets),
            countries=sorted(conditions.countries),
            min_independent=conditions.min_independent,
            query=conditions.saved.id if conditions.saved else None,
            created_at=alert.created_at,
            feed=feed_path(key, alert.id) if key else None,
        )


@router.get("")
def list_alerts(
    session: ReadSession,
    subscriber_id: SubscriberId,
    limit: Limit = 100,
    cursor: CursorQuery = None,
) -> PageOut[AlertOut]:
    """List the active alerts of a subscriber, oldest first."""
    after = CURSOR.decode(cursor, subscriber_id)
    subscribers.get(session, subscriber_id)
    key = load_link_key(session)
    rows = alerts.list_alerts(
        session, subscriber_id, after=after[0] if after else 0, limit=limit + 1
    )
    page = make_page([(AlertOut.of(each, key), (each.id,)) for each in rows], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next, subscriber_id))


@router.get("/{alert_id}")
def get_alert(session: ReadSession, subscriber_id: SubscriberId, alert_id: AlertId) -> AlertOut:
    """Get one alert."""
    return AlertOut.of(_get_alert(session, subscriber_id, alert_id), load_link_key(session))


@router.post("", status_code=201, response_model=AlertOut, responses=ONE)
def add_alert(
    web: WebContextDep, write: WriteDep, subscriber_id: SubscriberId, new: NewAlert
) -> Response:
    """Create an alert.

    Stories that already match trigger it only when their independent coverage has grown by the
    factor `alerts.growth`.

    Returns 409 if the subscriber already has an alert with these conditions.
    """
    conditions = new.parse()

    def add(session: Session) -> WriteResult:
        alert = alerts.add(session, subscriber_id, conditions, now=web.clock())
        key = link_keys.ensure_key(session, now=web.clock())
        location = f"/v1/subscribers/{subscriber_id}/alerts/{alert.id}"
        return WriteResult(AlertOut.of(alert, key), location)

    return write(add)


@router.delete("/{alert_id}", status_code=204, response_class=Response, responses=ONE)
def remove_alert(
    web: WebContextDep, write: WriteDep, subscriber_id: SubscriberId, alert_id: AlertId
) -> Response:
    """Stop an alert permanently and cancel its unsent emails."""

    def remove(session: Session) -> WriteResult:
        alerts.stop(session, _get_alert(session, subscriber_id, alert_id).id, now=web.clock())
        return WriteResult(None)

    return write(remove)


def _get_alert(session: Session, subscriber_id: int, alert_id: int) -> Alert:
    """Return an active alert of this subscriber; raises NotFoundError otherwise."""
    owned = alerts.get(session, alert_id)
    if owned.stopped or owned.subscriber != subscriber_id:
        raise NotFoundError("alert", alert_id)
    return owned.alert
