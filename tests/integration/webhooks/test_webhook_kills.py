"""The job `webhooks`, killed at any statement: nothing is lost, and each story's order is kept."""

import itertools
import multiprocessing
import os
import random
import signal
from dataclasses import replace
from multiprocessing.context import ForkServerContext

import pytest
from sqlalchemy import event, text

from jobs.running.runner import Job, run_job
from jobs.webhooks import webhooks
from service.commands.running.times import utc_now
from service.domain.webhooks.webhooks import Wanted
from service.store.database import schema
from service.store.database.sessions import Sessions
from service.store.webhooks import webhooks as hooks
from tests.integration.conftest import make_context
from tests.integration.webhooks.test_job_webhooks import happen, numbers
from tests.support.database.rows import NOW
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver

pytestmark = pytest.mark.slow

KILLS = 15
STORIES = [f"story-{n}" for n in range(6)]
JOB = Job("webhooks", 5, 600, webhooks)
LEFT = """
SELECT (SELECT count(*) FROM webhook_blocked_stories)
     + (SELECT count(*) FROM webhooks, transitions
        WHERE transitions.id > webhooks.last_delivered_id)
"""


def run_and_kill(url: str, deadly: int) -> None:
    """Run the job until all is told; the process kills itself at step `deadly`, if it comes."""
    engine, steps = schema.make_engine(url), itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    context = make_context(engine, utc_now)
    own = replace(
        context.settings.webhooks,
        allow_networks=("127.0.0.0/8",),
        retry_seconds=0.02,
        concurrency=3,
    )
    context = replace(context, settings=replace(context.settings, webhooks=own))
    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
    left = True
    while left:
        run_job(JOB, context)  # a killed one's lock falls soon
        with context.sessions() as session:
            left = bool(session.scalar(text(LEFT)))
    engine.dispose()


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes that need not import everything anew."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


def killed(processes: ForkServerContext, url: str, deadly: int) -> bool:
    process = processes.Process(target=run_and_kill, args=(url, deadly))
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def test_killed_at_any_step_all_changes_come_in_the_order_of_their_story(
    processes: ForkServerContext, database_url: str, sessions: Sessions
):
    rng, kills = random.Random(16), 0

    def sometimes(_: Delivery) -> float:
        return rng.choice([204, 204, 204, 204, 500, 0])

    with WebhookReceiver() as receiver:
        receiver.verdict = sometimes
        with sessions.begin() as session:
            hooks.add(session, receiver.url, Wanted(), now=NOW)
        while kills < KILLS:
            happen(sessions, *rng.choices(STORIES, k=6))
            while killed(processes, database_url, rng.randint(4, 90)):
                kills += 1
    for story in STORIES:
        came = list(dict.fromkeys(receiver.of_story(story)))  # by id, as receivers are told to
        assert came == numbers(sessions, story)
    more = len(receiver.taken) - len({each.headers["webhook-id"] for each in receiver.taken})
    assert more <= kills * 3  # at most the deliveries that were under way
