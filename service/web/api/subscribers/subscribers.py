"""`/v1/subscribers`: who gets the digest, with a key of the role `admin`."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from jobs.running.deliver import ask_to_confirm
from service.domain.access.roles import Role
from service.domain.subscribers.digest_preferences import DAYS, LISTS, USUAL, Wishes
from service.domain.text.email_addresses import mail_address
from service.mail.smtp import smtp_sender
from service.store.database.paging import cut
from service.store.subscribers import subscribers
from service.store.subscribers.subscribers import Subscriber
from service.web.dependencies import Context, ReadSession, Web
from service.web.middleware.authenticate import Needs
from service.web.rendering.schemas import PageOut
from service.web.requests.idempotency import WRITING, Done, Writing
from service.web.requests.parameters import BigInt, Cursor, CursorQuery, Limit, Word
from service.web.requests.problems import NOT_FOUND, PROBLEMS

ADMIN = Security(Needs(Role.ADMIN), scopes=[Role.ADMIN])
router = APIRouter(
    prefix="/v1/subscribers",
    tags=["admin"],
    responses={**PROBLEMS, 403: WRITING[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("subscribers", BigInt)
SubscriberId = Annotated[BigInt, Path(description="The subscriber's number.")]
ONE = {**WRITING, **NOT_FOUND}
Text = Annotated[str, StringConstraints(max_length=4000)]


class WishesIn(BaseModel):
    """When somebody gets the digest and of what; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    zone: Word | None = Field(default=None, examples=["Europe/Berlin"])
    hour: Annotated[int, Field(ge=0, le=23)] | None = Field(default=None, examples=[7])
    days: Word | None = Field(
        default=None, description=f"Some of {','.join(DAYS)}, or all.", examples=["mon,fri"]
    )
    language: Word | None = Field(default=None, description="Headlines in it are preferred.")
    min_independent: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Independent coverage that a story needs at least."
    )
    languages: Text | None = Field(default=None, description="By commas, as all lists here.")
    followed_outlets: Text | None = Field(default=None, description="Slugs.")
    muted_outlets: Text | None = Field(default=None, description="Slugs.")
    followed_countries: Text | None = Field(
        default=None, description="ISO 3166-1 codes.", examples=["GB"]
    )
    muted_countries: Text | None = Field(
        default=None, description="ISO 3166-1 codes.", examples=["GB"]
    )
    followed_words: Text | None = Field(default=None, description="Their stories come higher.")
    muted_words: Text | None = Field(default=None, description="Their stories are left out.")
    followed_storylines: Text | None = Field(default=None, description="Ids.")
    muted_storylines: Text | None = Field(default=None, description="Ids.")

    def wishes(self) -> Wishes:
        """The same as the domain takes it."""
        return Wishes(**self.model_dump(include=set(WishesIn.model_fields)))


class NewSubscriber(WishesIn):
    """Somebody to ask whether they want the digest."""

    address: str = Field(min_length=3, max_length=254, examples=["reader@example.org"])


class Stop(BaseModel):
    """Why somebody gets nothing more."""

    model_config = ConfigDict(extra="forbid")

    reason: Word = "stopped by the operator"
    bounced: bool = Field(default=False, description="Their mailbox refused.")


class SubscriberOut(BaseModel):
    """Somebody who gets the digest, or did, or was asked whether they want it."""

    id: int
    address: str = Field(examples=["reader@example.org"])
    state: str = Field(description="`pending`, `active`, `stopped` or `bounced`.")
    zone: str = Field(examples=["Europe/Berlin"])
    hour: int = Field(examples=[7])
    days: list[str] = Field(examples=[["mon", "fri"]])
    language: str
    min_independent: int
    lists: dict[str, list[str]] = Field(
        description="What they follow and mute.", examples=[{"followed_words": ["ferry"]}]
    )
    stopped_because: str | None

    @classmethod
    def of(cls, found: Subscriber, **more: Any) -> Self:
        return cls(
            id=found.id,
            address=found.address,
            state=found.state,
            zone=found.rhythm.zone.key,
            hour=found.rhythm.hour,
            days=[DAYS[day - 1] for day in sorted(found.rhythm.days)],
            language=found.taste.language,
            min_independent=found.taste.min_independent,
            lists={name: sorted(getattr(found.taste, name)) for name in LISTS},
            stopped_because=found.stopped_because,
            **more,
        )


class AddedOut(SubscriberOut):
    """Somebody who was just added."""

    asked: bool = Field(description="By email, to confirm; false where no mail server is set.")


@router.get("")
def list_subscribers(
    session: ReadSession, limit: Annotated[Limit, Query()] = 100, cursor: CursorQuery = None
) -> PageOut[SubscriberOut]:
    """Subscribers in the order in which they were added."""
    after = CURSOR.decode(cursor)
    found = subscribers.some(session, after=after[0] if after else 0, limit=limit + 1)
    page = cut([(SubscriberOut.of(each), (each.id,)) for each in found], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{subscriber_id}", responses=NOT_FOUND)
def read_subscriber(session: ReadSession, subscriber_id: SubscriberId) -> SubscriberOut:
    """One subscriber."""
    return SubscriberOut.of(subscribers.get(session, subscriber_id))


@router.post("", status_code=201, response_model=AddedOut, responses=WRITING)
def add_subscriber(web: Context, write: Writing, wanted: NewSubscriber) -> Response:
    """Add somebody, who is asked by email to confirm; nobody stays who could not be asked.

    409 names the subscriber that has the address already, confirmed or not; 503 says why an email
    could not be sent.
    """
    address, wishes = mail_address(wanted.address), wanted.wishes()
    rhythm, taste = wishes.rhythm(USUAL[0]), wishes.taste(USUAL[1])

    def add(session: Session) -> Done:
        added = subscribers.add(session, address, rhythm, taste, now=web.clock())
        asked = _ask(web, added)
        return Done(AddedOut.of(added, asked=asked), f"/v1/subscribers/{added.id}")

    return write(add)


@router.patch("/{subscriber_id}", response_model=SubscriberOut, responses=ONE)
def change_subscriber(
    web: Context, write: Writing, subscriber_id: SubscriberId, wanted: WishesIn
) -> Response:
    """Change when somebody gets the digest and of what; an empty list clears what was there."""
    wishes = wanted.wishes()

    def change(session: Session) -> Done:
        found = subscribers.get(session, subscriber_id)
        rhythm, taste = wishes.rhythm(found.rhythm), wishes.taste(found.taste)
        changed = subscribers.change(session, found.id, rhythm, taste, now=web.clock())
        return Done(SubscriberOut.of(changed))

    return write(change)


@router.post("/{subscriber_id}/stop", response_model=SubscriberOut, responses=ONE)
def stop_subscriber(
    write: Writing, subscriber_id: SubscriberId, wanted: Stop | None = None
) -> Response:
    """Send somebody nothing more; they stay on record, and may be asked again."""
    why = wanted or Stop()

    def stop(session: Session) -> Done:
        subscribers.get(session, subscriber_id)
        subscribers.stop(session, subscriber_id, why.reason, bounced=why.bounced)
        return Done(SubscriberOut.of(subscribers.get(session, subscriber_id)))

    return write(stop)


@router.delete("/{subscriber_id}", status_code=204, response_class=Response, responses=ONE)
def remove_subscriber(write: Writing, subscriber_id: SubscriberId) -> Response:
    """Forget somebody, with all that was sent to them."""

    def remove(session: Session) -> Done:
        subscribers.remove(session, subscriber_id)
        return Done(None)

    return write(remove)


def _ask(web: Web, added: Subscriber) -> bool:
    if not web.settings.mail.host:
        return False
    with smtp_sender(web.settings.mail) as sender:
        ask_to_confirm(web, sender, added)
    return True
