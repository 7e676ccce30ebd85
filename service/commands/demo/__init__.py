"""`samestory demo`: run the pipeline from feeds to stories on sample feeds.

This package has only the set-up of the samples, their feed server and the output. The pipeline is
that of the daemon.
"""

from pathlib import Path
from typing import Annotated

import typer

from jobs.running.signals import handle_signals
from service.commands.demo import samples, view
from service.commands.digest import write_preview
from service.commands.running.servers.site import serve_site
from service.commands.running.wiring import open_context
from service.settings import load as settings_module
from service.settings import logging
from service.settings.paths import SEEDS_DIR
from service.settings.samples import fetch_in_order, for_samples

#: Recipient of the digest preview; nothing is sent.
RECIPIENT = "reader@localhost"


def demo(
    *,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Exit after printing the stories, without serving the web pages."
        ),
    ] = False,
    feeds: Annotated[
        Path | None,
        typer.Option(help="Folder of RSS, Atom or JSON Feed files to use instead of the samples."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(
            help="Current time of the demo (ISO 8601; UTC if it has no zone). "
            "Default: the date of the samples; with --feeds, the real time."
        ),
    ] = None,
) -> None:
    """Group the articles of sample feeds into stories, and print the stories.

    Then serve the web pages until SIGTERM or Ctrl-C.
    """
    sample = samples.Sample.from_folder(
        feeds or SEEDS_DIR, now=now, shipped=feeds is None, profile=settings_module.profile_name()
    )
    settings = fetch_in_order(for_samples(settings_module.load()))
    logging.configure(settings.log)
    with (
        view.progress_bars() as progress,
        open_context(
            settings, name=sample.database, clock=lambda: sample.now, progress=progress
        ) as context,
    ):
        before = samples.check_contents(context)
        view.show_start(sample, before)
        samples.run_pipeline(context, sample)
        progress.progress.stop()
        view.show_stories(context)
        view.show_quality(context, sample.folder / "labels.jsonl")
        view.show_feeds(context)
        view.show_seconds(progress.seconds)
        if once:
            view.show_preview(write_preview(context, RECIPIENT))
            view.show_next_steps(None, sample.database)
        else:
            with handle_signals() as stop, serve_site(context) as url:
                view.show_preview(write_preview(context, RECIPIENT, page=url))
                view.show_next_steps(url, sample.database)
                stop.wait()
