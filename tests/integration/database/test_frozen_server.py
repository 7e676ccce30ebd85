"""A server that does not respond: everything ends within its deadline and recovers afterwards."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from jobs.running.context import Context, Counts
from jobs.running.runner import Job
from jobs.running.scheduler import run_scheduler
from service.commands.running.times import utc_now
from service.store.database import schema
from service.store.database.connections.engines import derived_engine
from service.store.database.connections.limits import ConnectionLimits
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from tests.integration.conftest import make_context
from tests.support.database.frozen_server import frozen
from tests.support.servers.site import Site, serving

#: Requests that wait at the same time; more than the web server has threads.
WAITING = 60
Event = MutableMapping[str, Any]


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedServer]:
    """A server that no other test uses."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-frozen-"))
    folder.chmod(0o755)
    running = EmbeddedServer.start(str(folder), throwaway=True)
    yield running
    running.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def own_engine(own_server: EmbeddedServer) -> Iterator[Engine]:
    engine = schema.make_engine(own_server.ensure_database("frozen"))
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def own_context(own_engine: Engine) -> Context:
    context = make_context(own_engine, utc_now)
    runs = replace(context.settings.runs, heartbeat_seconds=1.0, takeover_seconds=20.0)
    return replace(context, settings=replace(context.settings, runs=runs))


@pytest.fixture
def site(own_context: Context) -> Iterator[Site]:
    limits = ConnectionLimits.for_web(own_context.settings.database)
    with (
        derived_engine(own_context.engine, replace(limits, statement=2.0)) as engine,
        serving(make_sessions(engine), clock=utc_now) as running,
    ):
        yield running


def timed(site: Site, path: str) -> tuple[int, float]:
    """Return the status of a response, and the seconds until it arrived."""
    started = time.monotonic()
    return site.get(path).status, time.monotonic() - started


def test_everything_answers_while_the_server_is_frozen(
    site: Site, own_context: Context, own_server: EmbeddedServer
):
    def sleep(context: Context) -> Counts:
        with context.sessions.begin() as session:
            session.execute(text("SELECT pg_sleep(0.2)"))
        return {"naps": 1}

    def sleep_long(context: Context) -> Counts:
        with context.sessions.begin() as session:
            session.execute(text("SELECT pg_sleep(120)"))
        return {}

    jobs = [Job("short", 0.5, 60, sleep), Job("long", 3600, 60, sleep_long)]
    with capture_logs() as events, run_scheduler(jobs, own_context):
        wait_for(lambda: len(done(events)) > 1)
        assert timed(site, "/v1/stories")[0] == 200
        assert timed(site, "/readyz")[0] == 200
        with frozen(own_server), ThreadPoolExecutor(WAITING) as pool:
            paths = ("/readyz", "/v1/stories", "/metrics", "/v1/feeds")
            waiting = [pool.submit(timed, site, paths[n % len(paths)]) for n in range(WAITING)]
            alive = [timed(site, "/healthz") for _ in range(5)]
            answers = [each.result() for each in waiting]
            wait_for(lambda: bool(failures(events)))
        assert [status for status, _ in alive] == [200] * 5
        assert max(seconds for _, seconds in alive) < 2
        assert {status for status, _ in answers[0::4]} == {503}
        assert {status for status, _ in answers[1::4]} == {503}
        assert {status for status, _ in answers[2::4]} == {200}  # database_up 0
        assert max(seconds for _, seconds in answers[0::4]) < 3
        assert max(seconds for _, seconds in answers) < 8
        assert not any("\n" in each["error"] for each in failures(events))
        assert not [each for each in events if each.get("action") == "job_crashed"]

        recovered = len(done(events))
        wait_for(lambda: len(done(events)) > recovered)
        # One line for the outage of all jobs, and one for its end.
        wait_for(lambda: any(each.get("action") == "outage_ended" for each in events))
        assert [each["subject"] for each in failures(events)] == ["database"]
        wait_for(lambda: site.get("/readyz").status == 200)
        assert site.get("/v1/stories").status == 200


def done(events: Sequence[Event]) -> list[Event]:
    return [each for each in events if each.get("action") == "job_done"]


def failures(events: Sequence[Event]) -> list[Event]:
    return [each for each in events if each.get("action") == "job_failed"]


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
