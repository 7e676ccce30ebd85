"""`/v1/webhooks`: manage webhooks with a key of the role `admin`."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.field_types import Count
from service.domain.webhooks.event_filter import parse_event_filter
from service.domain.webhooks.signing import format_secret
from service.ingest.fetching.webhook_target import (
    WebhookTarget,
    check_target_allowed,
    send_test_delivery,
)
from service.store.database.paging import make_page
from service.store.webhooks import webhooks
from service.store.webhooks.webhooks import Webhook
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

ADMIN = Security(RequireRole(Role.ADMIN), scopes=[Role.ADMIN])
router = APIRouter(
    prefix="/v1/webhooks",
    tags=["admin"],
    responses={**PROBLEM_RESPONSES, 403: WRITE_RESPONSES[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("webhooks", BigInt)
WebhookId = Annotated[BigInt, Path(description="Id of the webhook.")]
ITEM_RESPONSES = {**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
Kind = Literal[
    "emerged", "grew", "shrank", "merged", "split", "closed", "reopened",
    "renamed", "hidden", "shown",
]  # fmt: skip
URL = "https://newsroom.example/hook"
#: Description of the field `min_coverage`.
MIN_COVERAGE = (
    "Minimum number of outlets of the story after the transition; ignored for the kind `hidden`."
)


class NewWebhook(BaseModel):
    """A webhook to add."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="HTTP or HTTPS URL that receives the transitions as POST requests.",
        examples=[URL],
    )
    kinds: list[Kind] = Field(
        default=[],
        max_length=20,
        description="Kinds of transitions to deliver; an empty list means all.",
    )
    min_coverage: Count = Field(
        default=0,
        description=MIN_COVERAGE,
    )
    since: BigInt | None = Field(
        default=None,
        description="Deliver the transitions with ids above this one; 0: all. If it is missing or "
        "null: only new ones.",
        examples=[0],
    )


class WebhookChange(BaseModel):
    """Changes to a webhook; omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    # Factories make the fields optional without allowing null; their values are never read.
    url: str = Field(
        default_factory=str,
        min_length=1,
        max_length=2000,
        description="New HTTP or HTTPS URL.",
        examples=[URL],
    )
    kinds: list[Kind] = Field(
        default_factory=list,
        max_length=20,
        description="Kinds of transitions to deliver; an empty list means all.",
    )
    min_coverage: Count = Field(
        default_factory=int,
        description=MIN_COVERAGE,
    )
    state: Literal["active", "paused"] = Field(
        default_factory=lambda: "active",
        description="`paused` stops deliveries. `active` continues them where they stopped, and "
        "retries failed ones.",
    )


class WebhookOut(BaseModel):
    """A webhook with the state of its deliveries, without its secret."""

    id: int
    url: str = Field(examples=[URL])
    state: str = Field(description="`active` or `paused`.", examples=["active"])
    kinds: list[str] = Field(
        description="Kinds of transitions that are delivered; an empty list means all.",
        examples=[["merged", "split"]],
    )
    min_coverage: int = Field(description=MIN_COVERAGE)
    last_delivered_id: int = Field(
        description="Position of the webhook. Transitions up to this id were delivered or filtered "
        "out, or wait for a retry."
    )
    blocked_stories: int = Field(
        description="Number of stories with a failed delivery, which is retried. Their later "
        "transitions wait; deliveries for other stories continue."
    )
    error: str | None = Field(
        description="Last error of a delivery; null after a successful one.", examples=[None]
    )
    pause_reason: str | None = Field(
        description="`paused manually`, or the error that stopped deliveries; null if active.",
        examples=[None],
    )
    next_attempt_at: Instant | None = Field(
        description="Deliveries pause until this time, because the receiver failed or sent "
        "Retry-After; null without a pause."
    )
    created_at: Instant
    last_delivered_at: Instant | None = Field(
        description="Time of the last successful delivery; null before the first one."
    )

    @classmethod
    def of(cls, hook: Webhook, **more: Any) -> Self:
        return cls(
            id=hook.id,
            url=hook.url,
            state=hook.state,
            kinds=list(hook.event_filter.kinds),
            min_coverage=hook.event_filter.min_coverage,
            last_delivered_id=hook.last_delivered_id,
            blocked_stories=hook.blocked_stories,
            error=hook.error,
            pause_reason=hook.health.pause_reason,
            next_attempt_at=hook.health.next_attempt_at,
            created_at=hook.created_at,
            last_delivered_at=hook.last_delivered_at,
            **more,
        )


class NewWebhookOut(WebhookOut):
    """A webhook with its new secret."""

    secret: str | None = Field(
        description="Signing secret, returned only once; null in the response to a repeated "
        "request.",
        examples=["whsec_q1mYb3Zt5VfLw0cXn8Rk2sPdJ7uHg4aTe6iQoBz9yMA="],
    )


class TestOut(BaseModel):
    """Outcome of a test delivery."""

    accepted: bool = Field(
        description="Whether the receiver responded with a status of 200 to 299."
    )
    status: int | None = Field(
        description="Status code of the receiver; null without a response.", examples=[204]
    )
    error: str | None = Field(description="Error message; null if accepted.", examples=[None])


@router.get("")
def list_webhooks(
    session: ReadSession, limit: Annotated[Limit, Query()] = 100, cursor: CursorQuery = None
) -> PageOut[WebhookOut]:
    """List webhooks, oldest first, with filters, delivery state and pause reason."""
    after = CURSOR.decode(cursor)
    listed = webhooks.list_webhooks(session, after=after[0] if after else 0, limit=limit + 1)
    page = make_page([(WebhookOut.of(each), (each.id,)) for each in listed], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{webhook_id}", responses=NOT_FOUND_RESPONSE)
def get_webhook(session: ReadSession, webhook_id: WebhookId) -> WebhookOut:
    """Get one webhook."""
    return WebhookOut.of(webhooks.get(session, webhook_id))


@router.post("", status_code=201, response_model=NewWebhookOut, responses=WRITE_RESPONSES)
def add_webhook(web: WebContextDep, write: WriteDep, new: NewWebhook) -> Response:
    """Add a webhook. Only this response contains its secret.

    A URL with a private address returns 422 unless its network is in `webhooks.allow_networks`.
    """
    event_filter = parse_event_filter(new.kinds, new.min_coverage)
    check_target_allowed(new.url, web.settings)

    def add(session: Session) -> WriteResult:
        hook, secret = webhooks.add(
            session, new.url, event_filter, now=web.clock(), since=new.since
        )
        return WriteResult(
            NewWebhookOut.of(hook, secret=format_secret(secret)),
            f"/v1/webhooks/{hook.id}",
            replay_body=NewWebhookOut.of(hook, secret=None),
        )

    return write(add)


@router.patch("/{webhook_id}", response_model=WebhookOut, responses=ITEM_RESPONSES)
def update_webhook(
    web: WebContextDep, write: WriteDep, webhook_id: WebhookId, changes: WebhookChange
) -> Response:
    """Change URL, filters or state of a webhook.

    Deliveries continue after `last_delivered_id`. Changed filters apply to later transitions. With
    a new URL, failed deliveries are retried immediately. A URL with a private address returns 422
    unless its network is in `webhooks.allow_networks`.
    """
    fields = changes.model_dump(exclude_unset=True)
    state = fields.pop("state", None)
    if "url" in fields:
        check_target_allowed(fields["url"], web.settings)

    def change(session: Session) -> WriteResult:
        hook = webhooks.change(session, webhook_id, now=web.clock(), **fields)
        if state == "paused":
            hook = webhooks.pause(session, webhook_id)
        elif state == "active" and hook.state == "paused":
            hook = webhooks.resume(session, webhook_id, now=web.clock())
        return WriteResult(WebhookOut.of(hook))

    return write(change)


@router.post("/{webhook_id}/secret", response_model=NewWebhookOut, responses=ITEM_RESPONSES)
def rotate_secret(write: WriteDep, webhook_id: WebhookId) -> Response:
    """Replace the signing secret. Only this response contains the new secret.

    The old secret is invalid immediately. Until the receiver uses the new secret, deliveries fail
    and are retried.
    """

    def rotate(session: Session) -> WriteResult:
        hook, secret = webhooks.rotate_secret(session, webhook_id)
        return WriteResult(
            NewWebhookOut.of(hook, secret=format_secret(secret)),
            replay_body=NewWebhookOut.of(hook, secret=None),
        )

    return write(rotate)


@router.delete("/{webhook_id}", status_code=204, response_class=Response, responses=ITEM_RESPONSES)
def remove_webhook(write: WriteDep, webhook_id: WebhookId) -> Response:
    """Delete a webhook. Deliveries to it stop."""

    def remove(session: Session) -> WriteResult:
        webhooks.remove(session, webhook_id)
        return WriteResult(None)

    return write(remove)


@router.post("/{webhook_id}/resume", response_model=WebhookOut, responses=ITEM_RESPONSES)
def resume_webhook(web: WebContextDep, write: WriteDep, webhook_id: WebhookId) -> Response:
    """Continue a paused webhook where it stopped, and retry all failed deliveries immediately."""

    def resume(session: Session) -> WriteResult:
        return WriteResult(WebhookOut.of(webhooks.resume(session, webhook_id, now=web.clock())))

    return write(resume)


@router.post("/{webhook_id}/test", response_model=TestOut, responses=ITEM_RESPONSES)
def send_test(web: WebContextDep, write: WriteDep, webhook_id: WebhookId) -> Response:
    """Send a signed delivery of type `test` and return its outcome.

    The request takes up to `webhooks.timeout_seconds`. The state of the webhook does not change.
    """
    with web.sessions() as session:  # closed before the delivery, which may be slow
        url = webhooks.get(session, webhook_id).url
        target = WebhookTarget(webhook_id, url, webhooks.get_secret(session, webhook_id))

    def send(_: Session) -> WriteResult:
        outcome = send_test_delivery(target, web.settings, now=web.clock())
        return WriteResult(
            TestOut(accepted=outcome.error is None, status=outcome.status, error=outcome.error)
        )

    return write(send)
