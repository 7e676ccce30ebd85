"""Job `webhooks` killed at random statements: no delivery is lost, order within stories stays."""

import itertools
import multiprocessing
import os
import random
import signal
from multiprocessing.context import ForkServerContext

import pytest
from sqlalchemy import event, text

from jobs.running.runner import Job, run_job
from jobs.sending.webhooks import webhooks
from service.commands.running.times import utc_now
from service.domain.webhooks.event_filter import EventFilter
from service.store.database import schema
from service.store.database.sessions import Sessions
from service.store.webhooks import webhooks as hooks
from tests.integration.conftest import make_context
from tests.integration.webhooks.test_job_webhooks import add_transitions, transition_ids
from tests.support.database.rows import NOW
from tests.support.servers.webhook_receiver import Delivery, WebhookReceiver, deliver_to_loopback

pytestmark = pytest.mark.slow

KILLS = 15
STORIES = [f"story-{n}" for n in range(6)]
JOB = Job("webhooks", 5, 600, webhooks)
PENDING = """
SELECT (SELECT count(*) FROM webhook_blocked_stories)
     + (SELECT count(*) FROM webhooks, transitions
        WHERE transitions.id > webhooks.last_delivered_id)
"""


def run_until_done_or_killed(url: str, fatal_step: int) -> None:
    """Run the job until nothing is pending; the process kills itself at step `fatal_step`."""
    engine, steps = schema.make_engine(url), itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == fatal_step:
            os.kill(os.getpid(), signal.SIGKILL)

    context = deliver_to_loopback(make_context(engine, utc_now), retry_seconds=0.02, concurrency=3)
    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
    pending = True
    while pending:
        run_job(JOB, context)  # skipped until the lock of a killed process is released
        with context.sessions() as session:
            pending = bool(session.scalar(text(PENDING)))
    engine.dispose()


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes with all modules already imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def is_killed(processes: ForkServerContext, url: str, fatal_step: int) -> bool:
    process = processes.Process(target=run_until_done_or_killed, args=(url, fatal_step))
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def test_killed_job_delivers_all_transitions_in_story_order(
    processes: ForkServerContext, database_url: str, sessions: Sessions
):
    rng, kills = random.Random(16), 0

    def random_status(_: Delivery) -> float:
        return rng.choice([204, 204, 204, 204, 500, 0])

    with WebhookReceiver() as receiver:
        receiver.status_for = random_status
        with sessions.begin() as session:
            hooks.add(session, receiver.url, EventFilter(), now=NOW)
        while kills < KILLS:
            add_transitions(sessions, *rng.choices(STORIES, k=6))
            while is_killed(processes, database_url, rng.randint(4, 90)):
                kills += 1
    for story in STORIES:
        requests = list(dict.fromkeys(receiver.of_story(story)))  # without repeated deliveries
        assert requests == transition_ids(sessions, story)
    repeated = len(receiver.accepted) - len(
        {each.headers["webhook-id"] for each in receiver.accepted}
    )
    assert repeated <= kills * 3  # at most the deliveries of the interrupted batches
