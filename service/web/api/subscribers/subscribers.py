"""`/v1/subscribers`: manage subscribers of the digest; requires an `admin` key."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.articles.coverage import INDEPENDENT_OUTLETS
from service.domain.field_types import ShortText
from service.domain.subscribers.digests.preferences import (
    DAYS,
    DEFAULT_FILTERS,
    DEFAULT_SCHEDULE,
    LIST_FIELDS,
    SubscriptionChange,
)
from service.domain.text.email_addresses import normalize_email
from service.mail.deliver import send_confirmation
from service.mail.smtp import open_sender
from service.store.database.paging import make_page
from service.store.subscribers import subscribers
from service.store.subscribers.subscribers import Subscriber
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.rendering.schemas import PageOut
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

ADMIN = Depends(RequireRole(Role.ADMIN))
router = APIRouter(
    prefix="/v1/subscribers",
    tags=["subscribers"],
    responses={**PROBLEM_RESPONSES, 403: WRITE_RESPONSES[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("subscribers", BigInt)
SubscriberId = Annotated[BigInt, Path(description="Id of the subscriber.")]
ONE = {**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
Text = Annotated[str, StringConstraints(max_length=4000)]
#: Description of the field `min_independent`, also of alerts.
MIN_INDEPENDENT = f"Minimum number of {INDEPENDENT_OUTLETS}."


class PreferencesIn(BaseModel):
    """Delivery schedule and preferences of a subscriber. Omitted fields stay unchanged.

    Lists are comma-separated; an empty text clears a list.
    """

    model_config = ConfigDict(extra="forbid")

    time_zone: ShortText | None = Field(
        default=None, description="IANA time zone.", examples=["Europe/Berlin"]
    )
    hour: Annotated[int, Field(ge=0, le=23)] | None = Field(
        default=None, description="Hour of delivery in the time zone, 0 to 23.", examples=[7]
    )
    days: ShortText | None = Field(
        default=None,
        description=f"Days of delivery: some of {','.join(DAYS)}, comma-separated, or `all`.",
        examples=["mon,fri"],
    )
    language: ShortText | None = Field(
        default=None, description="Preferred language of headlines, an ISO 639 code."
    )
    min_independent: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description=MIN_INDEPENDENT,
    )
    languages: Text | None = Field(
        default=None,
        description="ISO 639 codes; only stories with a report in one of these languages.",
    )
    followed_outlets: Text | None = Field(
        default=None, description="Slugs of outlets; stories with one of them rank higher."
    )
    muted_outlets: Text | None = Field(
        default=None, description="Slugs of outlets; their reports are left out."
    )
    followed_countries: Text | None = Field(
        default=None,
        description="ISO 3166-1 codes; stories with an outlet of one of these countries rank "
        "higher.",
        examples=["GB"],
    )
    muted_countries: Text | None = Field(
        default=None,
        description="ISO 3166-1 codes; reports of outlets in these countries are left out.",
        examples=["GB"],
    )
    followed_words: Text | None = Field(
        default=None,
        description="Words or phrases; stories with one of them in a title, keyword or name "
        "rank higher.",
    )
    muted_words: Text | None = Field(
        default=None,
        description="Words or phrases; stories with one of them in a title, keyword or name are "
        "left out.",
    )
    followed_storylines: Text | None = Field(
        default=None, description="Ids of storylines; their stories rank higher."
    )
    muted_storylines: Text | None = Field(
        default=None, description="Ids of storylines; their stories are left out."
    )

    def change(self) -> SubscriptionChange:
        """Convert to the domain's form."""
        return SubscriptionChange(**self.model_dump(include=set(PreferencesIn.model_fields)))


class NewSubscriber(PreferencesIn):
    """A subscriber to add.

    Omitted fields have their defaults: delivery every day at 7:00 UTC, English headlines,
    `min_independent` 2, empty lists. Lists are comma-separated.
    """

    address: str = Field(
        description="Email address.", min_length=3, max_length=254, examples=["reader@example.org"]
    )


class StopIn(BaseModel):
    """Reason to stop emails to a subscriber."""

    model_config = ConfigDict(extra="forbid")

    reason: ShortText = Field(default="stopped by the operator", description="Reason to record.")
    bounced: bool = Field(default=False, description="Record that the mailbox rejects emails.")
    complaint: bool = Field(
        default=False,
        description="Record a complaint: also put the address on the suppression list. Not with "
        "`bounced`.",
    )


class SubscriberOut(BaseModel):
    """A subscriber of the digest."""

    id: int
    address: str = Field(description="Email address.", examples=["reader@example.org"])
    state: str = Field(
        description="`pending` (not confirmed), `active`, `stopped`, or `bounced` (the mailbox "
        "rejects emails)."
    )
    time_zone: str = Field(description="IANA time zone.", examples=["Europe/Berlin"])
    hour: int = Field(description="Hour of delivery in the time zone, 0 to 23.", examples=[7])
    days: list[str] = Field(description="Days of delivery.", examples=[["mon", "fri"]])
    language: str = Field(description="Preferred language of headlines, an ISO 639 code.")
    min_independent: int = Field(description=MIN_INDEPENDENT)
    preferences: dict[str, list[str]] = Field(
        description="The lists of the preferences by name: `languages`, `followed_…` and `muted_…`.",
        examples=[{"followed_words": ["ferry"]}],
    )
    stop_reason: str | None = Field(
        description="Reason why emails stopped; null while they are not stopped."
    )

    @classmethod
    def of(cls, subscriber: Subscriber, **more: Any) -> Self:
        return cls(
            id=subscriber.id,
            address=subscriber.address,
            state=subscriber.state,
            time_zone=subscriber.schedule.time_zone.key,
            hour=subscriber.schedule.hour,
            days=[DAYS[day - 1] for day in sorted(subscriber.schedule.days)],
            language=subscriber.filters.language,
            min_independent=subscriber.filters.min_independent,
            preferences={name: sorted(getattr(subscriber.filters, name)) for name in LIST_FIELDS},
            stop_reason=subscriber.stop_reason,
            **more,
        )


class AddedSubscriberOut(SubscriberOut):
    """A subscriber that was just added."""

    confirmation_sent: bool = Field(
        description="Whether a confirmation email was sent; false if no mail server is configured."
    )


@router.get("")
def list_subscribers(
    session: ReadSession, limit: Limit = 100, cursor: CursorQuery = None
) -> PageOut[SubscriberOut]:
    """List subscribers in the order in which they were added."""
    after = CURSOR.decode(cursor)
    rows = subscribers.list_page(session, after=after[0] if after else 0, limit=limit + 1)
    page = make_page([(SubscriberOut.of(each), (each.id,)) for each in rows], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{subscriber_id}", responses=NOT_FOUND_RESPONSE)
def get_subscriber(session: ReadSession, subscriber_id: SubscriberId) -> SubscriberOut:
    """Get one subscriber."""
    return SubscriberOut.of(subscribers.get(session, subscriber_id))


@router.post("", status_code=201, response_model=AddedSubscriberOut, responses=WRITE_RESPONSES)
def add_subscriber(web: WebContextDep, write: WriteDep, new: NewSubscriber) -> Response:
    """Add a subscriber and send the confirmation email.

    If the address is already active or pending, the response is 409 with the subscriber's id. If
    the email cannot be sent, the response is 503, and the subscriber is not added.
    """
    address, change = normalize_email(new.address), new.change()
    schedule = change.apply_to_schedule(DEFAULT_SCHEDULE)
    filters = change.apply_to_filters(DEFAULT_FILTERS)

    def add(session: Session) -> WriteResult:
        subscriber = subscribers.add(session, address, schedule, filters, now=web.clock())
        can_send = web.settings.mail.ready
        if can_send:
            with open_sender(web.settings.mail) as sender:
                send_confirmation(web, sender, subscriber)
        added = AddedSubscriberOut.of(subscriber, confirmation_sent=can_send)
        return WriteResult(added, f"/v1/subscribers/{subscriber.id}")

    return write(add)


@router.patch("/{subscriber_id}", response_model=SubscriberOut, responses=ONE)
def update_subscriber(
    web: WebContextDep, write: WriteDep, subscriber_id: SubscriberId, changes: PreferencesIn
) -> Response:
    """Change delivery schedule and preferences of a subscriber."""
    change = changes.change()

    def update(session: Session) -> WriteResult:
        before = subscribers.get(session, subscriber_id)
        changed = subscribers.update_preferences(
            session,
            subscriber_id,
            change.apply_to_schedule(before.schedule),
            change.apply_to_filters(before.filters),
            now=web.clock(),
        )
        return WriteResult(SubscriberOut.of(changed))

    return write(update)


@router.post("/{subscriber_id}/stop", response_model=SubscriberOut, responses=ONE)
def stop_subscriber(
    web: WebContextDep,
    write: WriteDep,
    subscriber_id: SubscriberId,
    details: StopIn | None = None,
) -> Response:
    """Stop all emails to a subscriber, and keep the record.

    If the address is added again, it must be confirmed again. After a complaint it cannot be added,
    even after the subscriber was deleted.
    """
    details = details or StopIn()

    def stop(session: Session) -> WriteResult:
        subscribers.get(session, subscriber_id)
        subscribers.stop(
            session,
            subscriber_id,
            details.reason,
            now=web.clock(),
            bounced=details.bounced,
            complaint=details.complaint,
        )
        return WriteResult(SubscriberOut.of(subscribers.get(session, subscriber_id)))

    return write(stop)


@router.delete("/{subscriber_id}", status_code=204, response_class=Response, responses=ONE)
def remove_subscriber(write: WriteDep, subscriber_id: SubscriberId) -> Response:
    """Delete a subscriber with all alerts and the records of sent emails."""

    def remove(session: Session) -> WriteResult:
        subscribers.remove(session, subscriber_id)
        return WriteResult(None)

    return write(remove)
