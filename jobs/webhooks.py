"""The job `webhooks`: tells webhooks what happened to stories, in the order of each story."""

import asyncio
import random
import time
from contextlib import AbstractAsyncContextManager

import aiohttp
import structlog

from jobs.running.context import Context, Counts
from service.domain.webhooks.webhooks import Outcome, message_id, signed
from service.ingest.fetching import webhook_target
from service.ingest.fetching.post import post, posting
from service.ingest.fetching.webhook_target import Receiver, instant
from service.store.story_views.history import Transition
from service.store.webhooks import outbox
from service.store.webhooks import webhooks as hooks
from service.store.webhooks.outbox import Round
from service.web.api.stories.schemas import TransitionOut

log = structlog.get_logger()

#: No round begins so many seconds after the run has: webhooks with nothing to be told any more
#: should not wait for the others before they are looked at again.
RUN_SECONDS = 20.0


def webhooks(context: Context) -> Counts:
    """Tell webhooks of changes; what fails is tried again later, and holds back its story alone.

    A delivery whose outcome was not written down, since the process ended, is made again under
    the same id: better twice than never.
    """
    with context.sessions.begin() as session:
        ids = outbox.due(session, now=context.clock())
    return asyncio.run(_tell_all(context, ids)) if ids else {}


def ping(context: Context, webhook_id: int) -> Outcome:
    """Send one delivery of type `test`, signed like all others; changes nothing.

    Raises:
        NotFoundError: there is no such webhook.
    """
    with context.sessions.begin() as session:
        url = hooks.get(session, webhook_id).url
        secret = hooks.secret_of(session, webhook_id)
    return webhook_target.ping(
        Receiver(webhook_id, url, secret), context.settings, now=context.clock()
    )


def body_of(change: Transition) -> bytes:
    """What is sent of a change: the same as in `/v1/changes`; the same bytes in each attempt."""
    told = TransitionOut.of(change)
    head = f'{{"type":"story.{change.kind}","timestamp":"{instant(change.at)}","data":'
    return f"{head}{told.model_dump_json()}}}".encode()


async def _tell_all(context: Context, ids: list[int]) -> Counts:
    ends = time.monotonic() + RUN_SECONDS
    async with _client(context) as http:
        # Not as a task group: trouble with the database should come out as what it is.
        told = await asyncio.gather(*(_tell(context, http, each, ends) for each in ids))
    tried = [outcome for outcomes in told for outcome in outcomes]
    failed = sum(outcome.error is not None for outcome in tried)
    return {"delivered": len(tried) - failed, "failed": failed} if tried else {}


async def _tell(
    context: Context, http: aiohttp.ClientSession, webhook: int, ends: float
) -> list[Outcome]:
    """Tell one webhook what there is, round by round."""
    settings, tried = context.settings.webhooks, list[Outcome]()
    while time.monotonic() < ends and not context.stopping():
        with context.sessions.begin() as session:
            now = context.clock()
            found = outbox.next_round(session, webhook, now=now, most=settings.concurrency)
        if found is None:
            break
        outcomes = await _send(context, http, found)
        tried += outcomes.values()
        with context.sessions.begin() as session:
            now, jitter = context.clock(), random.random()
            go_on = outbox.record(
                session, found, outcomes, now=now, settings=settings, jitter=jitter
            )
        if not go_on:
            break
    return tried


async def _send(context: Context, http: aiohttp.ClientSession, found: Round) -> dict[int, Outcome]:
    async def one(change: Transition) -> Outcome:
        body = body_of(change)
        message = message_id(found.webhook, change.id)
        headers = signed(found.secret, message, body, at=context.clock())
        outcome = await post(http, found.url, body, headers)
        if outcome.error is not None:
            log.warning(
                "delivery failed",
                action="webhook_failed",
                webhook=found.webhook,
                change=change.id,
                error=outcome.error,
            )
        return outcome

    outcomes = await asyncio.gather(*map(one, found.changes))
    return {change.id: each for change, each in zip(found.changes, outcomes, strict=True)}


def _client(context: Context) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    return posting(context.settings.webhooks, context.settings.fetch.user_agent)
