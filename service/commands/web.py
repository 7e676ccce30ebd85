"""`samestory web`: API and page without the jobs."""

import typer

from service.commands.serving import ready, serve

app = typer.Typer()


@app.command()
def web() -> None:
    """Serve API and page only, until SIGTERM or Ctrl-C."""
    with ready(with_feeds=False) as context:
        serve(context)
