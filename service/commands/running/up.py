"""`samestory up`: the daemon."""

from jobs.running.daemon import scheduled
from jobs.running.schedule import schedule
from jobs.running.signals import until_signalled
from service.commands.running.serving import online, ready


def up() -> None:
    """Run the jobs, the API and the page until SIGTERM or Ctrl-C."""
    with (
        ready(with_feeds=True) as context,
        until_signalled() as stop,
        online(context),
        scheduled(schedule(context.settings.schedule), context),
    ):
        stop.wait()
