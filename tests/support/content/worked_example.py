"""How the story of the Moscow meeting in the samples grew, told from a real run.

The samples are fetched at once and then handed on at the times of their reports, with all
jobs after each. `python -m tests.support.content.worked_example` writes the outcome into
`docs/stories.md`; a test compares it.
"""

import re
import shutil
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session, make_transient

from jobs.describe import describe
from jobs.embed import embed
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from service.commands.demo.samples import SEEDS_NOW, Sample, allow_loopback, run_pipeline
from service.commands.running.models import lazy_encoder, load_pair_model
from service.settings import load as settings_module
from service.settings.paths import SEEDS_DIR
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from service.store.story_views import overview
from service.store.story_views.history import transitions_of
from service.store.story_views.views import get_story
from service.store.tables import ArticleRow

PAGE = Path(__file__).parents[3] / "docs" / "stories.md"
BLOCK = re.compile(r"(<!-- worked example -->\n).*(<!-- end -->)", re.DOTALL)
#: The first report of the meeting, by address.
FIRST = "https://www.meridian-wire.example/dispatch/2023/04/25/four-way-defence-talks-syria-moscow"
#: Reports are handed on in steps of this length until the last moment.
STEP = timedelta(minutes=15)
LAST = datetime.fromisoformat("2023-04-27T00:00Z")


def tell(engine: Engine) -> str:
    """The table of the worked example, from a run on an empty, migrated database."""
    settings = allow_loopback(settings_module.load({}))
    encoder = lazy_encoder(settings.embed)
    model = load_pair_model(settings.pairs).with_window(settings.window.reach)
    sessions = make_sessions(engine)
    context = Context(engine, sessions, settings, lambda: SEEDS_NOW, encoder, model)
    run_pipeline(context, Sample.from_folder(SEEDS_DIR, now=None, shipped=True), ["fetch"])
    with sessions.begin() as session:
        waiting = _taken_back(session)
    for step, rows in groupby(waiting, key=lambda row: _step_after(row.reported_at)):
        with sessions.begin() as session:
            session.add_all(rows)
        now = replace(context, clock=lambda: step)  # noqa: B023  # used within the step
        for job in (embed, place, reconcile, describe):
            job(now)
    with sessions.begin() as session:
        return "\n".join(_lines(session))


def _taken_back(session: Session) -> list[ArticleRow]:
    """All articles up to the last moment, out of the database, as if none had come yet."""
    rows = list(session.scalars(select(ArticleRow).order_by(ArticleRow.reported_at, ArticleRow.id)))
    for row in rows:
        session.expunge(row)
        make_transient(row)
        row.first_seen = row.reported_at
    session.execute(delete(ArticleRow))
    return [row for row in rows if row.reported_at < LAST]


def _step_after(moment: datetime) -> datetime:
    start = datetime.fromisoformat("2022-01-01T00:00Z")
    return start + STEP * ((moment - start) // STEP + 1)


def _lines(session: Session) -> list[str]:
    story = overview.story_by_url(session)[FIRST]
    lines = [
        "| seen, UTC | what happened | by | who reported | headline then | outlets, of them independent |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    titles = {m.report.article_id: m.report for m in get_story(session, story).members}
    for happened in transitions_of(session, story).items:
        # As the story stood once it had been described anew, before the next step.
        then = get_story(session, story, as_of=happened.at + STEP / 2).story
        who = ", ".join(
            titles[key].outlet.name if key in titles else "an article that left"
            for key in happened.article_ids
        )
        count = f"{then.coverage}, {then.independent}"
        lines.append(
            f"| {happened.at:%d %b, %H:%M} | {happened.kind} | {happened.cause} | {who} |"
            f" {then.headline} | {count} |"
        )
    return lines


def main() -> None:
    """Write the table into the page."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-example-"))
    folder.chmod(0o755)
    server = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        engine = schema.make_engine(server.ensure_database("example"))
        schema.upgrade(engine)
        told = tell(engine)
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(rf"\g<1>{told}\n\g<2>", page), encoding="utf-8")


if __name__ == "__main__":
    main()
