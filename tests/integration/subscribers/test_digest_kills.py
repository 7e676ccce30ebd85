"""The jobs that send, killed at any statement or step of SMTP: every email comes, none twice unseen."""

import multiprocessing
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.sharedctypes import Synchronized

import pytest
from sqlalchemy import event, text

from jobs.alerts import alerts
from jobs.digest import digest
from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from service.commands.running.models import load_pair_model
from service.domain.subscribers.alert_preferences import parse_query
from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.subscribers import alerts as store
from tests.support.content.subscribers import DUE, report_news, subscribe, with_mail
from tests.support.encoders import WordEncoder
from tests.support.servers.mail_server import MailServer

pytestmark = pytest.mark.slow

READERS = 4
#: How often each job is killed.
KILLS = {"digest": 30, "alerts": 15}
JOBS = {"digest": Job("digest", 60, 600, digest), "alerts": Job("alerts", 60, 600, alerts)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run of a job on a day, killed at step `deadly`, if it comes."""

    day: int
    deadly: int = 0
    name: str = "digest"


def run_and_kill(url: str, port: int, attempt: Attempt, steps: "Synchronized[int]") -> None:
    """Run a job once; the process kills itself where it is told to.

    Steps are statements and commits: between two of them lies one step of SMTP.
    """
    engine, encoder = schema.make_engine(url), WordEncoder()

    def step(*_: object) -> None:
        steps.value += 1
        if steps.value == attempt.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
    settings, now = settings_module.load({}), DUE + timedelta(days=attempt.day)
    world = Context(
        engine, make_sessions(engine), settings, lambda: now, lambda: encoder, load_pair_model()
    )
    while (
        run_job(JOBS[attempt.name], with_mail(world, port)) is None
    ):  # a killed one's lock falls soon
        pass
    engine.dispose()


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes that need not import everything anew."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([__name__])
    return found


def started(
    processes: ForkServerContext, url: str, mail: MailServer, attempt: Attempt
) -> tuple[ForkServerProcess, "Synchronized[int]"]:
    steps = processes.Value("i", 0)
    process = processes.Process(target=run_and_kill, args=(url, mail.port, attempt, steps))
    process.start()
    process.join(60)
    return process, steps


@pytest.mark.parametrize("name", JOBS)
def test_killed_at_any_step_every_email_comes(
    processes: ForkServerContext, database_url: str, sessions: Sessions, name: str
):
    addresses = [f"r{n}@x.example" for n in range(READERS)]
    for each in subscribe(sessions, *addresses):
        with sessions.begin() as session:
            store.add(session, each.id, parse_query(min_independent=2), now=each.schedule_since)
    rng, day, killed, usual = random.Random(5), 0, 0, 0
    with MailServer() as mail:
        while killed < KILLS[name]:
            report_news(sessions, DUE + timedelta(days=day, minutes=-30))
            if not usual:
                process, steps = started(processes, database_url, mail, Attempt(day, name=name))
                assert process.exitcode == 0
                usual = steps.value
            done = False
            while not done:
                deadly = rng.randint(1, usual * 2)
                attempt = Attempt(day, deadly, name)
                process, _ = started(processes, database_url, mail, attempt)
                done = process.exitcode == 0
                killed += process.exitcode == -signal.SIGKILL
                assert done or process.exitcode == -signal.SIGKILL
            day += 1
    check(sessions, mail, addresses, day)


def check(sessions: Sessions, mail: MailServer, addresses: list[str], days: int) -> None:
    with sessions.begin() as session:
        states = Counter(session.scalars(text("SELECT state FROM editions")))
        assert states == {"sent": days * len(addresses)}
        doubtful = set(
            session.scalars(text("SELECT message_id FROM deliveries WHERE state = 'doubtful'"))
        )
    came = Counter((to, email["Message-ID"]) for to, email in mail.taken)
    assert Counter(to for to, _ in came) == dict.fromkeys(addresses, days)
    twice = {message_id for (_, message_id), count in came.items() if count > 1}
    # The ledger knows of every email that may have come twice.
    assert twice <= doubtful


def test_killed_before_the_end_of_an_email_nothing_came_and_the_next_run_sends_it(
    processes: ForkServerContext, database_url: str, sessions: Sessions
):
    subscribe(sessions, "ann@x.example")
    report_news(sessions, DUE - timedelta(hours=2))
    with MailServer() as mail:
        for deadly in range(1, 200):
            process, _ = started(processes, database_url, mail, Attempt(0, deadly))
            with sessions.begin() as session:
                states = list(session.scalars(text("SELECT state FROM deliveries ORDER BY id")))
            if process.exitcode == 0 or "ending" in states:
                break
            assert mail.taken == []
        process, _ = started(processes, database_url, mail, Attempt(0))
        assert process.exitcode == 0
    came = {email["Message-ID"] for _, email in mail.taken}
    assert len(came) == 1
    assert len(mail.taken) <= 2
