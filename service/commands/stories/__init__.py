"""`samestory stories`: look at stories, and decide about them as an editor."""

import typer

from service.commands.stories import decisions, editing, show

app = typer.Typer(help="Stories: list, show, and decide as an editor.", no_args_is_help=True)
app.command("list")(show.list_stories)
app.command()(show.show)
app.command()(editing.merge)
app.command()(editing.split)
app.command()(editing.move)
app.command()(editing.pin)
app.command()(editing.hide)
app.command()(editing.rename)
app.command()(editing.lock)
app.command("decisions")(decisions.list_decisions)
app.command("undo")(editing.undo_decision)
app.command()(decisions.export)
