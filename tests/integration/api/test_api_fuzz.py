"""Fuzzing of the API with schemathesis: valid and invalid requests from the OpenAPI document.

The number of examples is fixed and their choice deterministic, so every machine sends the same
requests. The Hypothesis check for slow data generation is off, because it depends on the machine.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.access.roles import Role
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.webhooks.event_filter import EventFilter
from service.settings import load as settings_module
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.store.subscribers import alerts
from service.store.tables import FeedRow, KeyRow
from service.store.webhooks import webhooks
from service.web.app import create_app
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, STORYLINE, WORLD_NOW
from tests.support.content.subscribers import subscribe
from tests.support.database.embedded_articles import embed_all_articles, model_context
from tests.support.servers.site import Site, running

SECRET = "samestory_fuzzing-key"
#: Id of the key; far from the ids that are revoked at random.
KEY_ID = 8_000_000
#: Checks that every response must pass.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
READS = ["--include-method=GET", "--max-examples=10"]
#: Routes with the parameters of another one, which have a third of all requests.
SAME_PARAMETERS = (
    "/v1/export/articles",
    "/v1/export/storylines",
    "/v1/search/feed.{form}",
    "/v1/stories/feed.{form}",
)


@pytest.fixture
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, dict[str, object]]]:
    """A server with the sample stories, and ids of existing resources."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        embed_all_articles(session)
        now = WORLD_NOW
        key, _ = keys.create(session, "fuzz", list(Role), now=now, secret=SECRET)
        session.query(KeyRow).filter_by(id=key.id).update({"id": KEY_ID})
        other, _ = keys.create(session, "other", [], now=now)
        ids: dict[str, object] = {
            "story_id": MEETING,
            "storyline_id": STORYLINE,
            "slug": "harbour",
            "key_id": other.id,
            "feed_id": session.query(FeedRow.id).order_by(FeedRow.id).limit(1).scalar(),
            "number": 1,
        }
        hook, _ = webhooks.add(session, "http://127.0.0.1/hook", EventFilter(), now=now)
        ids["webhook_id"] = hook.id
    ann = subscribe(sessions, "ann@x.example")[0]
    with sessions.begin() as session:
        ids["alert_id"] = alerts.add(
            session, ann.id, parse_conditions(words="ferry"), now=WORLD_NOW
        ).id
    ids["subscriber_id"] = ann.id
    defaults = settings_module.load({})
    settings = replace(
        defaults,
        access=replace(defaults.access, requests_per_minute=0),
        fetch=replace(defaults.fetch, timeout_seconds=0.05),
        webhooks=replace(defaults.webhooks, timeout_seconds=0.05),
    )
    app = create_app(
        sessions, clock=lambda: WORLD_NOW, settings=settings, model_context=model_context()
    )
    with running(app) as site:
        yield site, ids
    engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        [*READS, *(f"--exclude-path={each}" for each in SAME_PARAMETERS)],
        pytest.param(READS, marks=pytest.mark.extensive),
        ["--exclude-method=GET", "--max-examples=20"],
    ],
    ids=["reads", "all reads", "writes"],
)
def test_responses_conform_to_the_openapi_document(
    world: tuple[Site, dict[str, object]], tmp_path: Path, options: list[str]
) -> None:
    site, ids = world
    lines = [f'"path.{name}" = {value!r}' for name, value in ids.items()]
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
        "--exclude-path=/v1/changes/stream",  # waits for further changes
        *options,
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
