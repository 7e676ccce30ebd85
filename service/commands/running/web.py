"""`samestory web`: API and page without the jobs."""

from jobs.running.signals import until_signalled
from service.commands.running.serving import online, ready


def web() -> None:
    """Serve API and page only, until SIGTERM or Ctrl-C."""
    with ready(with_feeds=False) as context, until_signalled() as stop, online(context):
        stop.wait()
