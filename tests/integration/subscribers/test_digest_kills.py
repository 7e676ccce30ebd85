"""Mail jobs killed at any SQL statement or SMTP step: no email is lost, duplicates are recorded."""

import multiprocessing
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import pytest
from sqlalchemy import event, text

from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from jobs.sending.alerts import alerts
from jobs.sending.digest import digest
from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.subscribers.alert_conditions import parse_conditions
from service.settings import load as settings_module
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.subscribers import alerts as store
from tests.support.content.subscribers import DUE, report_news, subscribe, with_mail
from tests.support.encoders import WordEncoder
from tests.support.servers.mail_server import MailServer

pytestmark = pytest.mark.slow

READERS = 4
#: Number of kills per job.
KILLS = {"digest": 30, "alerts": 15}
JOBS = {"digest": Job("digest", 60, 600, digest), "alerts": Job("alerts", 60, 600, alerts)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run of a job on a day, killed at step `deadly` or `at_end`, if it gets that far.

    `at_end` "uncommitted" is the commit of the state `ending` of an email, and "committed" the next
    statement after this commit. The end of the email is transmitted between both.
    """

    day: int
    deadly: int = 0
    name: str = "digest"
    at_end: str = ""


@dataclass
class Killer:
    """Counts the steps of this process, and kills it at a step."""

    attempt: Attempt
    steps: "Synchronized[int]"
    end: str = ""

    def on_statement(self, *arguments: Any) -> None:
        _, _, statement, parameters, *_ = arguments
        self._step()
        if statement.startswith("UPDATE deliveries") and "ending" in parameters.values():
            self.end = "uncommitted"

    def on_commit(self, _: Any) -> None:
        self._step()
        if self.end == "uncommitted":
            self.end = "committed"

    def _step(self) -> None:
        self.steps.value += 1
        at_end = self.end and self.end == self.attempt.at_end
        if at_end or self.steps.value == self.attempt.deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def run_and_kill(url: str, port: int, attempt: Attempt, steps: "Synchronized[int]") -> None:
    """Run a job once in a process that kills itself at step `attempt.deadly`.

    Steps are statements and commits. At most one SMTP step lies between two of them.
    """
    engine, encoder = schema.make_engine(url), WordEncoder()
    killer = Killer(attempt, steps)
    event.listen(engine, "before_cursor_execute", killer.on_statement)
    event.listen(engine, "commit", killer.on_commit)
    settings, now = settings_module.load({}), DUE + timedelta(days=attempt.day)
    context = Context(
        engine,
        make_sessions(engine),
        settings,
        lambda: now,
        lambda: encoder,
        load_pair_model(),
        load_merge_model(),
    )
    # None: the server has not released the lock of a killed process yet.
    while run_job(JOBS[attempt.name], with_mail(context, port)) is None:
        pass
    engine.dispose()


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Start method whose processes share the imported modules."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def run_process(
    processes: ForkServerContext, url: str, mail: MailServer, attempt: Attempt
) -> tuple[ForkServerProcess, "Synchronized[int]"]:
    steps = processes.Value("i", 0)
    process = processes.Process(target=run_and_kill, args=(url, mail.port, attempt, steps))
    process.start()
    process.join(60)
    return process, steps


@pytest.mark.parametrize("name", JOBS)
def test_kill_at_any_step_loses_no_email(
    processes: ForkServerContext, database_url: str, sessions: Sessions, name: str
):
    addresses = [f"r{n}@x.example" for n in range(READERS)]
    for each in subscribe(sessions, *addresses):
        with sessions.begin() as session:
            store.add(
                session, each.id, parse_conditions(min_independent=2), now=each.schedule_since
            )
    rng, day, killed, step_count = random.Random(5), 0, 0, 0
    with MailServer() as mail:
        while killed < KILLS[name]:
            report_news(sessions, DUE + timedelta(days=day, minutes=-30))
            if not step_count:
                process, steps = run_process(processes, database_url, mail, Attempt(day, name=name))
                assert process.exitcode == 0
                step_count = steps.value
            done = False
            while not done:
                deadly = rng.randint(1, step_count)
                attempt = Attempt(day, deadly, name)
                process, _ = run_process(processes, database_url, mail, attempt)
                done = process.exitcode == 0
                killed += process.exitcode == -signal.SIGKILL
                assert done or process.exitcode == -signal.SIGKILL
            day += 1
    assert_delivered(sessions, mail, addresses, day)


def assert_delivered(sessions: Sessions, mail: MailServer, addresses: list[str], days: int) -> None:
    with sessions.begin() as session:
        states = Counter(session.scalars(text("SELECT state FROM editions")))
        assert states == {"sent": days * len(addresses)}
        doubtful = set(
            session.scalars(text("SELECT message_id FROM deliveries WHERE state = 'doubtful'"))
        )
    received = Counter((to, email["Message-ID"]) for to, email in mail.received)
    assert Counter(to for to, _ in received) == dict.fromkeys(addresses, days)
    twice = {message_id for (_, message_id), count in received.items() if count > 1}
    # Each possible duplicate is recorded as doubtful.
    assert twice <= doubtful


@pytest.mark.parametrize(
    ("at_end", "state", "received"), [("uncommitted", "sending", 0), ("committed", "ending", 1)]
)
def test_email_interrupted_at_its_end_is_sent_by_the_next_run(  # noqa: PLR0917 - fixtures
    processes: ForkServerContext,
    database_url: str,
    sessions: Sessions,
    at_end: str,
    state: str,
    received: int,
):
    subscribe(sessions, "ann@x.example")
    report_news(sessions, DUE - timedelta(hours=2))
    with MailServer() as mail:
        process, _ = run_process(processes, database_url, mail, Attempt(0, at_end=at_end))
        assert process.exitcode == -signal.SIGKILL
        with sessions.begin() as session:
            assert list(session.scalars(text("SELECT state FROM deliveries"))) == [state]
        assert len(mail.received) == received
        process, _ = run_process(processes, database_url, mail, Attempt(0))
        assert process.exitcode == 0
    assert len(mail.received) == received + 1
    assert len({email["Message-ID"] for _, email in mail.received}) == 1
