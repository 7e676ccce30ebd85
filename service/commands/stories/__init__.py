"""`samestory stories`: list and show stories, make and undo editors' decisions.

Rules and SQL of decisions belong in `domain.editing` and `store.editing`. With `--json`, the
commands print the objects of the API, so they import its schemas.
"""

import typer

from service.commands.stories import decisions, editing, show

app = typer.Typer(
    help="List and show stories. Make decisions about stories and articles.",
    no_args_is_help=True,
)
app.command("list")(show.list_stories)
app.command()(show.show)
app.command()(editing.merge)
app.command()(editing.split)
app.command()(editing.move)
app.command()(editing.pin)
app.command()(editing.hide)
app.command()(editing.rename)
app.command()(editing.lock)
app.command()(editing.set_type)
app.command("decisions")(decisions.list_decisions)
app.command("undo")(editing.undo_decision)
app.command()(decisions.export)
