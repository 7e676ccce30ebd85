"""Maintenance mode: no job runs, the API rejects writes, and nothing is lost."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.running.context import Context, Counts
from jobs.running.runner import Job, run_job
from service.cli import build
from service.commands.running.times import utc_now
from service.domain.access.roles import Role
from service.store.database.sessions import Sessions
from service.store.runs import maintenance
from service.web.app import create_app
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import NOW
from tests.support.servers.site import running

Run = Callable[..., str]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", database_url)

    def invoke(*arguments: str) -> str:
        done = CliRunner().invoke(build(arguments), list(arguments))
        # Without a configuration, structlog writes to standard output, too.
        return (done.stdout.splitlines() or [str(done.exception)])[-1]

    return invoke


def test_running_job_ends_and_none_starts(context: Context, run: Run):
    started, stopped = threading.Event(), threading.Event()

    def work(inner: Context) -> Counts:
        started.set()
        while not inner.stop_requested():
            time.sleep(0.02)
        stopped.set()
        return {"batches": 1}

    runs = replace(context.settings.runs, heartbeat_seconds=0.2)
    context = replace(context, settings=replace(context.settings, runs=runs), clock=utc_now)
    job = Job("place", 60, 60, work)
    thread = threading.Thread(target=run_job, args=(job, context))
    thread.start()
    assert started.wait(10)
    assert run("maintenance", "on", "--reason", "moving") == (
        "maintenance mode is on; no job is running"
    )
    assert stopped.is_set()
    thread.join()
    assert run_job(job, context) is None
    assert run("maintenance", "status").endswith(": moving")
    assert run("maintenance", "off") == "maintenance mode is off"
    assert run("maintenance", "off") == "maintenance mode was off already"
    assert run_job(replace(job, function=lambda _: {"articles": 2}), context) == {"articles": 2}


def test_a_job_run_by_hand_names_the_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    assert "SAMESTORY_MAIL__FOLDER" in run("alerts", "send")
    monkeypatch.setenv("SAMESTORY_MAIL__FOLDER", str(tmp_path))
    monkeypatch.setenv("SAMESTORY_WEB__SITE", "https://news.example")
    run("maintenance", "on", "--reason", "moving")
    for command in (("digest", "send"), ("alerts", "send"), ("jobs", "run", "close")):
        assert run(*command) == (
            "Maintenance: moving. No job runs until: samestory maintenance off"
        )
    run("maintenance", "off")
    assert run("digest", "send") == run("jobs", "run", "close") == "nothing to do"


def test_wait_for_jobs_has_a_limit(context: Context, run: Run):
    def outlast(_: Context) -> Counts:
        assert "1 jobs have not ended" in run("maintenance", "on", "--wait", "0.2")
        return {}

    run_job(Job("place", 60, 60, outlast), replace(context, clock=utc_now))


def test_api_rejects_writes_and_answers_reads(sessions: Sessions):
    with running(create_app(sessions, clock=lambda: NOW)) as site:
        client = make_key_client(site, sessions, "desk", Role.ADMIN)
        with sessions.begin() as session:
            maintenance.begin(session, "moving to a new disk", now=NOW)
        assert site.get("/v1/stories").status == 200
        rejected = client.post("/v1/keys", {"name": "new"})
        assert (rejected.status, rejected.headers["retry-after"]) == (503, "60")
        assert rejected.json["type"] == "urn:samestory:problem:maintenance"
        assert "moving to a new disk" in rejected.json["detail"]
        with sessions.begin() as session:
            maintenance.end(session)
        assert client.post("/v1/keys", {"name": "new"}).status == 201
