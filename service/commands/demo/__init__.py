"""`samestory demo`: the whole way from feeds to stories, on sample coverage."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.running.signals import handle_signals
from service.commands.demo import samples, view
from service.commands.digest import write_preview
from service.commands.running.serving import serve_site
from service.commands.running.wiring import open_context
from service.settings import load as settings_module
from service.settings import logging
from service.settings.paths import SEEDS_DIR

#: For whom the digest is previewed; nothing is sent.
READER = "reader@localhost"


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the table.")] = False,
    feeds: Annotated[
        Path | None, typer.Option(help="A folder of feed files instead of the samples.")
    ] = None,
    now: Annotated[str | None, typer.Option(help="Pretend it is this moment, ISO 8601.")] = None,
) -> None:
    """Read sample feeds over loopback, group their articles into stories, show and serve them."""
    sample = samples.Sample.of(feeds or SEEDS_DIR, now=now, own=feeds is None)
    settings = samples.for_loopback(settings_module.load())
    logging.configure(settings.log)
    with (
        view.bars() as progress,
        open_context(
            settings, name=sample.database, clock=lambda: sample.now, progress=progress
        ) as context,
    ):
        before = samples.prepare(context)
        view.show_start(sample, before)
        samples.run_pipeline(context, sample)
        progress.progress.stop()
        view.show_stories(context)
        view.show_quality(context, sample.folder / "labels.jsonl")
        view.show_feeds(context)
        view.show_seconds(progress.seconds)
        if once:
            view.show_preview(write_preview(context, READER))
            view.show_next_steps(None)
        else:
            with handle_signals() as stop, serve_site(context) as url:
                view.show_preview(write_preview(context, READER, page=url))
                view.show_next_steps(url)
                stop.wait()
