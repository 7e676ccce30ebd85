"""`/v1/webhooks/ID/test` and `/v1/webhooks/ID/deliveries`: single deliveries and the log."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from service.ingest.fetching.webhook_target import WebhookTarget, send_again, send_test_delivery
from service.store.database.paging import make_page
from service.store.webhooks import attempts, webhooks
from service.web.api.webhooks.access import ADMIN, ITEM_RESPONSES, RESPONSES, WebhookId
from service.web.api.webhooks.schemas import DeliveryOut, OutcomeOut
from service.web.dependencies import ReadSession, WebContextDep
from service.web.rendering.schemas import PageOut
from service.web.requests.idempotency import WriteDep, WriteResult
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE

router = APIRouter(
    prefix="/v1/webhooks", tags=["webhooks"], responses=RESPONSES, dependencies=[ADMIN]
)
CURSOR = Cursor("webhooks/deliveries", BigInt)


@router.post("/{webhook_id}/test", response_model=OutcomeOut, responses=ITEM_RESPONSES)
def send_test(web: WebContextDep, write: WriteDep, webhook_id: WebhookId) -> Response:
    """Send a signed delivery of type `test` and return its outcome.

    The request takes up to `webhooks.timeout_seconds`. The state of the webhook does not change.
    """
    with web.sessions() as session:  # closed before the delivery, which may be slow
        target = _load_target(session, webhook_id)

    def send(_: Session) -> WriteResult:
        return WriteResult(OutcomeOut.of(send_test_delivery(target, web.settings)))

    return write(send)


@router.get("/{webhook_id}/deliveries", responses=NOT_FOUND_RESPONSE)
def list_deliveries(
    session: ReadSession,
    webhook_id: WebhookId,
    failed: Annotated[
        bool | None,
        Query(description="True: only failed attempts. False: only accepted ones. Default: both."),
    ] = None,
    limit: Limit = 50,
    cursor: CursorQuery = None,
) -> PageOut[DeliveryOut]:
    """List the attempts of the last 30 days, latest first."""
    webhooks.get(session, webhook_id)
    before = CURSOR.decode(cursor, webhook_id)
    listed = attempts.list_attempts(
        session, webhook_id, before=before[0] if before else None, failed=failed, limit=limit + 1
    )
    page = make_page([(DeliveryOut.of(each), (each.id,)) for each in listed], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next, webhook_id))


@router.post(
    "/{webhook_id}/deliveries/{change}", response_model=OutcomeOut, responses=ITEM_RESPONSES
)
def redeliver(
    web: WebContextDep,
    write: WriteDep,
    webhook_id: WebhookId,
    change: Annotated[BigInt, Path(description="Id of the change to deliver again.")],
) -> Response:
    """Deliver one change again, with the same `webhook-id`, and return the outcome.

    Filters and state of the webhook do not apply. The request takes up to
    `webhooks.timeout_seconds`. The position of the webhook and pending retries stay as they are.
    """
    with web.sessions() as session:  # closed before the delivery, which may be slow
        target = _load_target(session, webhook_id)
        transition = attempts.get_change(session, change)

    def send(session: Session) -> WriteResult:
        now = web.clock()
        outcome = send_again(target, transition, web.settings)
        webhooks.lock_row(session, webhook_id)  # it may have been removed meanwhile
        attempts.record(session, webhook_id, {change: outcome}, now=now, is_redelivery=True)
        return WriteResult(OutcomeOut.of(outcome))

    return write(send)


def _load_target(session: Session, webhook_id: int) -> WebhookTarget:
    url = webhooks.get(session, webhook_id).url
    return WebhookTarget(webhook_id, url, webhooks.get_secret(session, webhook_id))
