"""schemathesis asks what the API's description allows and what it forbids, so many times.

It is bounded by a number of examples, not by time, and draws them deterministically: a slow machine
asks the same as a fast one. Hypothesis' check that data are made fast enough is off, for it measures
the machine; all checks of answers are on.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.access.roles import Role
from service.domain.subscribers.alert_preferences import query
from service.domain.webhooks.webhooks import Wanted
from service.settings import load as settings_module
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import sessions_of
from service.store.subscribers import alerts
from service.store.tables import FeedRow, KeyRow
from service.store.webhooks import webhooks
from service.web.app import create_app
from tests.support.content.site_content import fill
from tests.support.content.subscribers import subscribe
from tests.support.content.texts import MEETING, SAGA, WORLD_NOW
from tests.support.database.embedded_articles import read_all, reading
from tests.support.servers.site import Site, running

SECRET = "samestory_whoever-asks-at-random"
#: The key's number is out of the way of those that are revoked at random.
NUMBER = 8_000_000
#: What must hold of every answer, whatever was asked.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, dict[str, object]]]:
    """A server over a made-up world, and ids of things that are there."""
    engine = schema.connect(new_database())
    sessions = sessions_of(engine)
    with sessions.begin() as session:
        fill(session)
        read_all(session)
        now = WORLD_NOW
        key, _ = keys.create(session, "fuzz", list(Role), now=now, secret=SECRET)
        session.query(KeyRow).filter_by(id=key.id).update({"id": NUMBER})
        other, _ = keys.create(session, "other", [], now=now)
        known: dict[str, object] = {
            "story_id": MEETING,
            "storyline_id": SAGA,
            "slug": "harbour",
            "key_id": other.id,
            "feed_id": session.query(FeedRow.id).order_by(FeedRow.id).limit(1).scalar(),
            "number": 1,
        }
        hook, _ = webhooks.add(session, "http://127.0.0.1/hook", Wanted(), now=now)
        known["webhook_id"] = hook.id
    ann = subscribe(sessions, "ann@x.example")[0]
    with sessions.begin() as session:
        known["alert_id"] = alerts.add(session, ann.id, query(words="ferry"), now=WORLD_NOW).id
    known["subscriber_id"] = ann.id
    defaults = settings_module.load({})
    settings = replace(
        defaults,
        access=replace(defaults.access, requests_per_minute=0),
        fetch=replace(defaults.fetch, timeout_seconds=0.05),
        webhooks=replace(defaults.webhooks, timeout_seconds=0.05),
    )
    app = create_app(sessions, clock=lambda: WORLD_NOW, settings=settings, reading=reading())
    with running(app) as site:
        yield site, known
    engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize(
    "which",
    [
        ["--include-method=GET", "--max-examples=10"],
        ["--exclude-method=GET", "--max-examples=20"],
    ],
    ids=["reads", "writes"],
)
def test_no_request_meets_an_answer_that_the_description_does_not_know(
    world: tuple[Site, dict[str, object]], tmp_path: Path, which: list[str]
) -> None:
    site, known = world
    lines = [f'"path.{name}" = {value!r}' for name, value in known.items()]
    (tmp_path / "schemathesis.toml").write_text("\n".join(["[parameters]", *lines]))
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{site.url}/openapi.json",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,coverage,fuzzing",
        f"--header=Authorization: Bearer {SECRET}",
        "--generation-deterministic",
        "--suppress-health-check=too_slow",
        "--request-timeout=60",
        "--no-color",
        "--exclude-path=/v1/changes/stream",  # it would wait for more
        *which,
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
