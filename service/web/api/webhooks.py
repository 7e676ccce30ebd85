"""`/v1/webhooks`: who is told of changes as they happen, with a key of the role `admin`."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.webhooks.webhooks import secret_text
from service.domain.webhooks.webhooks import wanted as wanted_of
from service.ingest.fetching import webhook_target
from service.ingest.fetching.webhook_target import Receiver, check_open
from service.store.database.paging import cut
from service.store.webhooks import webhooks
from service.store.webhooks.webhooks import Webhook
from service.web.dependencies import Context, ReadSession
from service.web.middleware.authenticate import Needs
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.idempotency import WRITING, Done, Writing
from service.web.requests.parameters import BigInt, Count, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND, PROBLEMS

ADMIN = Security(Needs(Role.ADMIN), scopes=[Role.ADMIN])
router = APIRouter(
    prefix="/v1/webhooks",
    tags=["admin"],
    responses={**PROBLEMS, 403: WRITING[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("webhooks", BigInt)
WebhookId = Annotated[BigInt, Path(description="The webhook's number.")]
ONE = {**WRITING, **NOT_FOUND}
Kind = Literal[
    "emerged", "grew", "shrank", "merged", "split", "closed", "reopened",
    "renamed", "hidden", "shown",
]  # fmt: skip
URL = "https://newsroom.example/hook"


class NewWebhook(BaseModel):
    """Somebody to be told of changes."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="Its http or https address; changes are sent there, as POST.",
        examples=[URL],
    )
    kinds: list[Kind] = Field(
        default=[], max_length=20, description="What it is told of; none means all."
    )
    min_coverage: Count = Field(
        default=0,
        description="Outlets that the story has after the change, at least; `hidden` is told of all.",
    )
    since: BigInt | None = Field(
        default=None,
        description="All changes after this number, 0 for all there are; null for those to come.",
        examples=[0],
    )


class WebhookChange(BaseModel):
    """What a webhook is to be; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    # Factories, for what stands here is never read: null is no address.
    url: str = Field(
        default_factory=str,
        min_length=1,
        max_length=2000,
        description="Where changes are sent from now on.",
        examples=[URL],
    )
    kinds: list[Kind] = Field(
        default_factory=list, max_length=20, description="What it is told of; none means all."
    )
    min_coverage: Count = Field(
        default_factory=int, description="Outlets that the story has after the change, at least."
    )
    state: Literal["active", "paused"] = Field(
        default_factory=lambda: "active",
        description="`paused`: it is told nothing; `active`: it goes on where it stopped.",
    )


class WebhookOut(BaseModel):
    """A webhook without its secret, and how it fares."""

    id: int
    url: str = Field(examples=[URL])
    state: str = Field(description="`active` or `paused`.", examples=["active"])
    kinds: list[str] = Field(description="None means all.", examples=[["merged", "split"]])
    min_coverage: int
    told: int = Field(description="Number of the last change that it was told, or did not want.")
    held: int = Field(description="Stories of which a delivery failed and is tried again.")
    error: str | None = Field(
        description="The last failure, while nothing got through after it.", examples=[None]
    )
    paused_because: str | None = Field(examples=[None])
    retry_at: Instant | None = Field(description="Nothing is sent before, for it failed.")
    created_at: Instant
    delivered_at: Instant | None

    @classmethod
    def of(cls, hook: Webhook, **more: Any) -> Self:
        return cls(
            id=hook.id,
            url=hook.url,
            state=hook.state,
            kinds=list(hook.wanted.kinds),
            min_coverage=hook.wanted.min_coverage,
            told=hook.told,
            held=hook.held,
            error=hook.error,
            paused_because=hook.health.paused_because,
            retry_at=hook.health.retry_at,
            created_at=hook.created_at,
            delivered_at=hook.delivered_at,
            **more,
        )


class NewWebhookOut(WebhookOut):
    """A webhook that was just added, or has a new secret."""

    secret: str | None = Field(
        description="What deliveries are signed with, told this once; null where a request is "
        "answered again.",
        examples=["whsec_q1mYb3Zt5VfLw0cXn8Rk2sPdJ7uHg4aTe6iQoBz9yMA="],
    )


class TestOut(BaseModel):
    """What became of a delivery that was sent to try a webhook."""

    taken: bool
    status: int | None = Field(
        description="What the receiver answered; null if nothing.", examples=[204]
    )
    error: str | None = Field(description="Why it counts as a failure.", examples=[None])


@router.get("")
def list_webhooks(
    session: ReadSession, limit: Annotated[Limit, Query()] = 100, cursor: CursorQuery = None
) -> PageOut[WebhookOut]:
    """Webhooks, oldest first: what they are told of, how they fare, why one is paused."""
    after = CURSOR.decode(cursor)
    found = webhooks.listed(session, after=after[0] if after else 0, limit=limit + 1)
    page = cut([(WebhookOut.of(each), (each.id,)) for each in found], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{webhook_id}", responses=NOT_FOUND)
def read_webhook(session: ReadSession, webhook_id: WebhookId) -> WebhookOut:
    """One webhook."""
    return WebhookOut.of(webhooks.get(session, webhook_id))


@router.post("", status_code=201, response_model=NewWebhookOut, responses=WRITING)
def add_webhook(web: Context, write: Writing, wanted: NewWebhook) -> Response:
    """Let an address be told of changes. Its secret is in this answer and in no other.

    422 for a private address, unless `webhooks.allow_networks` names its network.
    """
    what = wanted_of(wanted.kinds, wanted.min_coverage)
    check_open(wanted.url, web.settings)

    def add(session: Session) -> Done:
        added, secret = webhooks.add(session, wanted.url, what, now=web.clock(), since=wanted.since)
        kept = NewWebhookOut.of(added, secret=None)
        told = NewWebhookOut.of(added, secret=secret_text(secret))
        return Done(told, f"/v1/webhooks/{added.id}", kept)

    return write(add)


@router.patch("/{webhook_id}", response_model=WebhookOut, responses=ONE)
def change_webhook(
    web: Context, write: Writing, webhook_id: WebhookId, wanted: WebhookChange
) -> Response:
    """Change what a webhook is told of, where, and whether. Its place in the sequence stays.

    Other kinds hold for all that it was not told yet. At another address what failed is tried at
    once; 422 for a private one, as when a webhook is added.
    """
    facts = wanted.model_dump(exclude_unset=True)
    state = facts.pop("state", None)
    if "url" in facts:
        check_open(facts["url"], web.settings)

    def change(session: Session) -> Done:
        hook = webhooks.change(session, webhook_id, now=web.clock(), **facts)
        if state == "paused":
            hook = webhooks.pause(session, webhook_id)
        elif state == "active" and hook.state == "paused":
            hook = webhooks.resume(session, webhook_id, now=web.clock())
        return Done(WebhookOut.of(hook))

    return write(change)


@router.post("/{webhook_id}/secret", response_model=NewWebhookOut, responses=ONE)
def change_secret(write: Writing, webhook_id: WebhookId) -> Response:
    """Sign with a new secret from now on. It is in this answer and in no other.

    A receiver that does not know it yet refuses what it is sent, and is sent that again later.
    """

    def rotate(session: Session) -> Done:
        hook, secret = webhooks.rotate(session, webhook_id)
        told = NewWebhookOut.of(hook, secret=secret_text(secret))
        return Done(told, kept=NewWebhookOut.of(hook, secret=None))

    return write(rotate)


@router.delete("/{webhook_id}", status_code=204, response_class=Response, responses=ONE)
def remove_webhook(write: Writing, webhook_id: WebhookId) -> Response:
    """Forget a webhook; it is told nothing more."""

    def remove(session: Session) -> Done:
        webhooks.remove(session, webhook_id)
        return Done(None)

    return write(remove)


@router.post("/{webhook_id}/resume", response_model=WebhookOut, responses=ONE)
def resume_webhook(web: Context, write: Writing, webhook_id: WebhookId) -> Response:
    """Go on with a paused webhook where it stopped; for an active one, try all that failed now."""
    now = web.clock()
    return write(lambda session: Done(WebhookOut.of(webhooks.resume(session, webhook_id, now=now))))


@router.post("/{webhook_id}/test", response_model=TestOut, responses=ONE)
def try_webhook(web: Context, write: Writing, webhook_id: WebhookId) -> Response:
    """Send a signed delivery of type `test` now, and tell what became of it.

    That may take as long as `webhooks.timeout_seconds`. How the webhook fares is not changed.
    """
    with web.sessions() as session:  # and not while the receiver takes its time
        url = webhooks.get(session, webhook_id).url
        receiver = Receiver(webhook_id, url, webhooks.secret_of(session, webhook_id))

    def send(_: Session) -> Done:
        found = webhook_target.ping(receiver, web.settings, now=web.clock())
        return Done(TestOut(taken=found.error is None, status=found.status, error=found.error))

    return write(send)
