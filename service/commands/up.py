"""`samestory up`: the daemon."""

from jobs.daemon import scheduled
from jobs.schedule import schedule
from service.commands.serving import ready, serve


def up() -> None:
    """Run the jobs, the API and the page until SIGTERM or Ctrl-C."""
    with (
        ready(with_feeds=True) as context,
        scheduled(schedule(context.settings.schedule), context),
    ):
        serve(context)
