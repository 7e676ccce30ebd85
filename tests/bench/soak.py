"""Soak of the job `fetch` with 300 feeds, 30 of them misbehaving: `make soak-feeds`.

`python -m tests.bench.soak [MINUTES]` lets feeds publish entries all the time, and fetches those
that are due. At the end it compares the stored articles with the published entries, and the
recorded errors with the faults. The exit code is 1 if anything was lost, stored twice or not named.
"""

import logging
import random
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from jobs.running.context import Context
from service.commands.running.models import lazy_encoder, load_merge_model, load_pair_model
from service.settings import load as settings_module
from service.settings.samples import for_samples
from service.store.database import schema
from service.store.database.sessions import make_sessions
from tests.bench.feeds import embedded_server
from tests.support.soak import Soak, SoakReport

FEEDS, MISBEHAVING, MINUTES = 300, 30, 10
#: Seconds between two runs, and the number of feeds that publish between them.
PAUSE, PUBLISHING = 2.0, 20
#: Minutes between two fetches of a feed; its shortest interval.
INTERVAL = 0.1


def main(minutes: float = MINUTES) -> int:
    """Run the soak, print its figures and problems, and return the exit code."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # hanging responses are cancelled
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with embedded_server() as server:
        engine = schema.make_engine(server.ensure_database("soak"))
        schema.upgrade(engine)
        settings = for_samples(settings_module.load({}))
        pacing = replace(
            settings.pacing,
            min_interval_minutes=INTERVAL,
            default_interval_minutes=INTERVAL,
            max_interval_minutes=4 * INTERVAL,
        )
        context = Context(
            engine=engine,
            sessions=make_sessions(engine),
            settings=replace(settings, pacing=pacing),
            clock=lambda: datetime.now(UTC),
            encoder=lazy_encoder(settings.embed),
            pair_model=load_pair_model(),
            merge_model=load_merge_model(),
        )
        report = run(context, minutes)
        engine.dispose()
    print(  # noqa: T201
        f"{FEEDS} feeds, {MISBEHAVING} misbehaving, {minutes:g} minutes: {report.runs} runs, "
        f"{report.requests} requests, {report.entries} entries, {report.articles} articles, "
        f"{report.revised} revisions, {len(report.problems)} problems"
    )
    for problem in report.problems:
        print(problem)  # noqa: T201
    return 1 if report.problems else 0


def run(context: Context, minutes: float) -> SoakReport:
    """Publish and fetch for some minutes."""
    rng = random.Random(5)
    end = time.monotonic() + 60 * minutes
    with Soak(context, count=FEEDS, misbehaving=MISBEHAVING) as soak:
        while time.monotonic() < end:
            soak.publish(rng.sample(soak.publications, PUBLISHING))
            soak.run()
            time.sleep(PAUSE)
        return soak.finish()


if __name__ == "__main__":
    sys.exit(main(*(float(each) for each in sys.argv[1:])))
