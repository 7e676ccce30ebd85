"""Job `webhooks`: deliver story transitions to webhooks, in order within each story."""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import structlog

from jobs.running.context import Context, Counts
from jobs.sending.isolation import RUN_ERRORS, describe_error
from service.domain.webhooks.retries import DeliveryOutcome, RetryPolicy
from service.domain.webhooks.signing import message_id
from service.ingest.fetching.post import post, webhook_session
from service.ingest.fetching.webhook_target import delivery_body, sign_delivery
from service.store.database.claims import open_owner
from service.store.database.errors import translate_database_errors
from service.store.database.sessions import outcome_sessions
from service.store.webhooks import outbox
from service.store.webhooks.failures import record_failure
from service.telemetry import process

log = structlog.get_logger()

#: No new batch starts after this time, so that a busy webhook does not delay the next run, which
#: checks all webhooks again.
RUN_SECONDS = 20.0
#: A batch is claimed for this multiple of the timeout of its deliveries, which run at once.
CLAIM_TIMEOUTS = 3


def webhooks(context: Context) -> Counts:
    """Deliver due transitions; a failed delivery is retried later and blocks only its story.

    Each batch is claimed, so that no other process sends it too. Delivery is at least once: if the
    process ends before it stores an outcome, the next run sends the delivery again with the same
    id.
    """
    with context.sessions.begin() as session:
        ids = outbox.find_due_webhooks(session, now=context.clock())
    if not ids:
        return {}
    settings, deadline = context.settings, time.monotonic() + RUN_SECONDS

    async def deliver_all() -> list[list[DeliveryOutcome]]:
        async with webhook_session(settings.webhooks, settings.fetch) as http:
            # gather, not a task group: database errors must not be wrapped in an exception group.
            sender = _Sender(context, http, owner, deadline)
            return await asyncio.gather(*map(sender.deliver, ids))

    with open_owner() as owner:
        outcomes = [outcome for each in asyncio.run(deliver_all()) for outcome in each]
    failed = sum(outcome.error is not None for outcome in outcomes)
    return {"delivered": len(outcomes) - failed, "failed": failed} if outcomes else {}


@dataclass(frozen=True, slots=True)
class _Sender:
    """Deliveries of one run, until the monotonic time `deadline`."""

    context: Context
    http: aiohttp.ClientSession
    owner: str
    deadline: float

    async def deliver(self, webhook: int) -> list[DeliveryOutcome]:
        """Deliver to one webhook until nothing is due; its errors do not stop other webhooks."""
        outcomes = list[DeliveryOutcome]()
        try:
            with translate_database_errors(self.context.engine):
                await self._deliver_batches(webhook, outcomes)
        except RUN_ERRORS:
            raise
        except Exception as error:
            log.exception("webhook failed", action="webhook_failed", webhook=webhook)
            outcomes.append(self._record_failure(webhook, error))
        return outcomes

    async def _deliver_batches(self, webhook: int, outcomes: list[DeliveryOutcome]) -> None:
        """Deliver batch after batch and append the outcomes."""
        context, settings = self.context, self.context.settings.webhooks
        duration = timedelta(seconds=CLAIM_TIMEOUTS * settings.timeout_seconds)
        while time.monotonic() < self.deadline and not context.stop_requested():
            with context.sessions.begin() as session:
                batch = outbox.load_next_batch(
                    session,
                    webhook,
                    owner=self.owner,
                    duration=duration,
                    now=context.clock(),
                    limit=settings.concurrency,
                )
            if batch is None:
                break
            sent = await self._send(batch)
            outcomes += sent.values()
            with outcome_sessions(context.sessions).begin() as session:
                has_more = outbox.record_outcomes(
                    session,
                    batch,
                    sent,
                    now=context.clock(),
                    policy=RetryPolicy.from_settings(settings),
                    jitter=random.random(),
                )
            if not has_more:
                break

    def _record_failure(self, webhook: int, error: Exception) -> DeliveryOutcome:
        context = self.context
        with outcome_sessions(context.sessions).begin() as session:
            return record_failure(
                session,
                webhook,
                describe_error(error),
                owner=self.owner,
                now=context.clock(),
                policy=RetryPolicy.from_settings(context.settings.webhooks),
                jitter=random.random(),
            )

    async def _send(self, batch: outbox.DeliveryBatch) -> dict[int, DeliveryOutcome]:
        """Send the transitions of a batch at once; returns the outcomes by transition id."""
        posts = []
        for transition in batch.transitions:
            body = delivery_body(transition)
            message = message_id(batch.webhook, transition.id)
            headers = sign_delivery(batch.secret, message, body)
            posts.append(post(self.http, batch.url, body, headers))
        ids = [transition.id for transition in batch.transitions]
        sent = dict(zip(ids, await asyncio.gather(*posts), strict=True))
        for change, outcome in sent.items():
            process.DELIVERIES.labels("webhook", "failed" if outcome.error else "sent").inc()
            if outcome.error is not None:
                failure = {"webhook": batch.webhook, "change": change, "error": outcome.error}
                log.warning("delivery failed", action="webhook_failed", **failure)
        return sent
