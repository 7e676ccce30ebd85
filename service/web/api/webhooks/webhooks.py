"""`/v1/webhooks`: manage webhooks with a key of the role `admin`."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from service.domain.webhooks.event_filter import parse_event_filter
from service.domain.webhooks.signing import format_secret
from service.ingest.fetching.webhook_target import check_target_allowed
from service.store.database.paging import make_page
from service.store.webhooks import webhooks
from service.web.api.webhooks.access import ADMIN, ITEM_RESPONSES, RESPONSES, WebhookId
from service.web.api.webhooks.schemas import NewWebhook, NewWebhookOut, WebhookChange, WebhookOut
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering.schemas import PageOut
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE

router = APIRouter(
    prefix="/v1/webhooks", tags=["webhooks"], responses=RESPONSES, dependencies=[ADMIN]
)
CURSOR = Cursor("webhooks", BigInt)


@router.get("")
def list_webhooks(
    session: ReadSession, limit: Limit = 100, cursor: CursorQuery = None
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
    event_filter = parse_event_filter(new.kinds, new.min_coverage, new.query)
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

    Deliveries continue after `last_delivered_id`. Changed filters apply to all undelivered
    changes, including retries. With a new URL, failed deliveries are retried immediately. A URL
    with a private address returns 422 unless its network is in `webhooks.allow_networks`.
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
