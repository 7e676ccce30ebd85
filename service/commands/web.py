"""`samestory web`: API and page without the jobs."""

from service.commands.serving import ready, serve


def web() -> None:
    """Serve API and page only, until SIGTERM or Ctrl-C."""
    with ready(with_feeds=False) as context:
        serve(context)
