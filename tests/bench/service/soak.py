"""Replay real feeds through the real daemon while a fault is injected every minute: `make soak`.

`python -m tests.bench.service.soak [MINUTES [PAUSE]]` runs the service twice on a Postgres server
that it reaches by URL: undisturbed with feeds at 1,000 times their speed, and disturbed at 200
times. At the end all articles are grouped once more, and articles, stories and deliveries are
compared. The exit code is 1 if they differ. Needs the feeds of SAMESTORY_DATA; as root, it also
fills the disk.
"""

import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from service.domain.subscribers.digests.schedule import DeliverySchedule
from service.domain.subscribers.filters import Filters
from service.domain.webhooks.event_filter import EventFilter
from service.store.catalogue import feeds
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.subscribers import subscribers
from service.store.webhooks import webhooks
from tests.bench.service import faults, parts
from tests.bench.service.faults import Parts
from tests.bench.service.outcome import (
    Outcome,
    count_described,
    count_left,
    count_unread,
    find_problems,
    read_outcome,
)
from tests.bench.service.parts import Daemon, Database
from tests.bench.service.replay import Entry, Replay, data_folder, load_entries
from tests.bench.service.samples import Sampler, memory_slope, wait_until
from tests.support.servers.mail_server import MailServer
from tests.support.servers.webhook_receiver import WebhookReceiver

MINUTES = 10.0
#: Seconds between two faults.
PAUSE = 60.0
#: Speed of the feeds with and without faults.
SPEED, FAST = 200.0, 1000.0
#: Variables that the daemon inherits; the profile selects a faster model.
INHERITED = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "SAMESTORY_PROFILE")
READERS = 200
#: Described stories of several outlets before the digests are due.
MIN_STORIES = 8
#: Part of the replay after which the digests are due.
DIGESTS_AT = 0.5
#: Longest wait for the end of all work, and for one more grouping of all articles, in seconds.
SETTLE_SECONDS = 900.0
#: Longest wait for the start of the daemon.
START_SECONDS = 180.0
#: Settings of the daemon: short intervals, as the feeds are fast.
ENVIRONMENT = {
    "SAMESTORY_FETCH__ALLOW_NETWORKS": "127.0.0.0/8",
    "SAMESTORY_FETCH__HOST_DELAY_SECONDS": "0",
    "SAMESTORY_FETCH__PER_HOST": "16",
    "SAMESTORY_FETCH__TIMEOUT_SECONDS": "3",
    "SAMESTORY_PACING__MIN_INTERVAL_MINUTES": "0.1",
    "SAMESTORY_PACING__DEFAULT_INTERVAL_MINUTES": "0.1",
    "SAMESTORY_PACING__MAX_INTERVAL_MINUTES": "0.2",
    "SAMESTORY_SCHEDULE__FETCH": "3",
    "SAMESTORY_SCHEDULE__RECONCILE": "20",
    "SAMESTORY_SCHEDULE__DESCRIBE": "5",
    "SAMESTORY_SCHEDULE__DIGEST": "5",
    "SAMESTORY_SCHEDULE__WEBHOOKS": "2",
    "SAMESTORY_MAIL__HOST": "127.0.0.1",
    "SAMESTORY_MAIL__SECURITY": "none",
    "SAMESTORY_MAIL__SENDER": "news@news.example",
    "SAMESTORY_MAIL__MAX_PER_MINUTE": "200",
    "SAMESTORY_WEB__SITE": "https://news.example",
    "SAMESTORY_WEB__PORT": "0",
    "SAMESTORY_WEBHOOKS__ALLOW_NETWORKS": "127.0.0.0/8",
    "SAMESTORY_WEBHOOKS__RETRY_SECONDS": "1",
    "SAMESTORY_LOG__FORMAT": "json",
    "HF_HUB_OFFLINE": "1",
}


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a run, the figures of its processes, and the injected faults."""

    outcome: Outcome
    faults: Counter[str]
    sampler: Sampler
    starts: int
    bad_responses: int
    settled: bool


def main(minutes: float = MINUTES, pause: float = PAUSE) -> int:
    """Run the service twice, print the figures and problems, and return the exit code."""
    data = data_folder()
    if data is None:
        print("make soak needs the real feeds: set SAMESTORY_DATA to their folder")  # noqa: T201
        return 0
    end = datetime.now(UTC) - timedelta(minutes=5)
    entries = load_entries(data, minutes * 60 * SPEED, end)
    folder = Path(tempfile.mkdtemp(prefix="samestory-soak-"))
    folder.chmod(0o755)
    try:
        undisturbed = run(folder, "undisturbed", entries, speed=FAST)
        disturbed = run(folder, "disturbed", entries, speed=SPEED, pause=pause)
    finally:
        for log in folder.glob("*.log"):
            shutil.copy(log, tempfile.gettempdir())
        shutil.rmtree(folder, ignore_errors=True)
    problems = find_problems(disturbed.outcome, undisturbed.outcome)
    problems += [
        f"{name}: work is left after {SETTLE_SECONDS:.0f} s"
        for name, each in (("undisturbed", undisturbed), ("disturbed", disturbed))
        if not each.settled
    ]
    _print_figures(minutes, disturbed)
    for problem in problems:
        print(problem)  # noqa: T201
    return 1 if problems else 0


def run(
    folder: Path, name: str, entries: Sequence[Entry], *, speed: float, pause: float = 0.0
) -> Result:
    """Replay the entries, wait until all work is done, and read the outcome.

    `pause` is the time between two faults in seconds; 0 injects none.
    """
    with ExitStack() as stack:
        has_own_disk = stack.enter_context(parts.own_disk(folder / name))
        database = stack.enter_context(
            parts.database(folder / name, "soak", has_own_disk=has_own_disk)
        )
        mail, receiver = stack.enter_context(MailServer()), stack.enter_context(WebhookReceiver())
        replay = stack.enter_context(Replay(entries, speed=speed))
        url = database.server.url("soak")
        sessions = stack.enter_context(_prepared(url, replay, receiver))
        inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
        own = {
            "DATABASE_URL": url.replace("+psycopg", ""),
            "SAMESTORY_MAIL__PORT": str(mail.port),
        }
        daemon = Daemon(inherited | ENVIRONMENT | own, folder / f"soak-{name}.log")
        daemon.ensure_runs()
        stack.callback(daemon.stop)
        everything = Parts(daemon, database, replay, mail)
        if not wait_until(daemon.is_up, START_SECONDS):
            raise TimeoutError(f"The daemon did not start; see {daemon.log}")
        replay.start()
        seconds = max(each.at for each in entries) / speed
        sampler = stack.enter_context(Sampler(daemon, database))
        injected = _replay(everything, sessions, seconds, pause=pause)
        settled = _settle(everything, sessions)
        return Result(
            outcome=read_outcome(database, replay, entries, mail, receiver),
            faults=injected,
            sampler=sampler,
            starts=daemon.starts,
            bad_responses=replay.faults,
            settled=settled,
        )


@contextmanager
def _prepared(url: str, replay: Replay, receiver: WebhookReceiver) -> Iterator[Sessions]:
    """Migrate the database, and add the feeds and a webhook."""
    engine = schema.make_engine(url)
    schema.upgrade(engine)
    sessions, now = make_sessions(engine), datetime.now(UTC)
    replay.subscribe(sessions, now)
    with sessions.begin() as session:
        webhooks.add(session, receiver.url, EventFilter(), now=now)
    yield sessions
    engine.dispose()


def _replay(everything: Parts, sessions: Sessions, seconds: float, *, pause: float) -> Counter[str]:
    """Wait for the end of the replay; inject a fault after each pause; returns their numbers.

    0 injects none.
    """
    start, injected = time.monotonic(), Counter[str]()
    pending = faults.cycle(has_own_disk=everything.database.has_own_disk)
    next_fault, digests_due = 0.75 * pause, True
    while (passed := time.monotonic() - start) < seconds:
        if digests_due and passed >= DIGESTS_AT * seconds:
            digests_due = not _add_readers(everything.database, sessions)
        if pause and passed >= next_fault:
            fault = next(pending)
            print(f"{passed:6.0f} s: {fault.__name__}", flush=True)  # noqa: T201
            fault(everything)
            injected[fault.__name__] += 1
            next_fault += pause
        everything.daemon.ensure_runs()
        everything.database.ensure_runs()
        time.sleep(0.5)
    if digests_due:
        wait_until(lambda: _add_readers(everything.database, sessions), SETTLE_SECONDS)
    return injected


def _add_readers(database: Database, sessions: Sessions) -> bool:
    """Add readers whose digest was due at the last full hour, once there are stories to send."""
    if count_described(database) < MIN_STORIES:
        return False
    now = datetime.now(UTC)
    schedule = DeliverySchedule(ZoneInfo("UTC"), now.hour, frozenset(range(1, 8)))
    before = now - timedelta(hours=2)
    with sessions.begin() as session:
        for number in range(READERS):
            address = f"reader{number}@readers.example"
            added = subscribers.add(session, address, schedule, Filters(), now=before)
            subscribers.confirm(session, added.id, now=before)
    return True


def _settle(everything: Parts, sessions: Sessions) -> bool:
    """Wait until nothing is left to do, then group all articles once more."""
    ended = datetime.now(UTC)

    def is_read() -> bool:
        everything.daemon.ensure_runs()
        if not count_unread(everything.database, since=ended):
            return True
        with sessions.begin() as session:
            feeds.make_all_due(session, now=datetime.now(UTC))
        time.sleep(5)
        return False

    def is_done() -> bool:
        everything.daemon.ensure_runs()
        return count_left(everything.database) == 0

    settled = wait_until(is_read, SETTLE_SECONDS) and wait_until(is_done, SETTLE_SECONDS)
    with everything.database.connect() as connection:
        connection.execute("UPDATE articles SET stage = 'placed'")
    return wait_until(is_done, SETTLE_SECONDS) and settled


def _print_figures(minutes: float, result: Result) -> None:
    outcome, samples = result.outcome, result.sampler.samples
    slope, measured = memory_slope(samples)
    connections = [each.connections for each in samples if each.connections is not None]
    figures: Mapping[str, object] = {
        "minutes": f"{minutes:g} at {SPEED:g} times the speed of the feeds",
        "faults": f"{result.faults.total()}: {dict(result.faults)}",
        "responses with a fault": result.bad_responses,
        "starts of the daemon": result.starts,
        "articles": len(outcome.articles),
        "stories": len(outcome.stories),
        "digests": f"{len(outcome.readers)} readers, {outcome.repeated_emails} repeated",
        "webhook": f"{outcome.repeated_changes} repeated changes",
        "memory": f"at most {max(each.memory for each in samples)} MiB; "
        f"{slope:+.1f} MiB per minute over {measured:.1f} minutes",
        "open files": f"at most {max(each.files for each in samples)}",
        "connections": f"at most {max(connections)}",
        "lag in s": "median {:.0f}, p95 {:.0f}, maximum {:.0f}".format(*outcome.lags),
        "failed runs of jobs": dict(outcome.job_failures),
    }
    for name, value in figures.items():
        print(f"{name}: {value}")  # noqa: T201


if __name__ == "__main__":
    try:
        sys.exit(main(*(float(each) for each in sys.argv[1:])))
    except psycopg.Error as error:
        sys.exit(f"The database did not recover: {error}")
