"""`samestory stories`: look at stories, and decide about them as an editor."""

import typer

from service.commands.stories import book, deciding, looking

app = typer.Typer(help="Stories: list, show, and decide as an editor.", no_args_is_help=True)
app.command("list")(looking.list_stories)
app.command()(looking.show)
app.command()(deciding.merge)
app.command()(deciding.split)
app.command()(deciding.move)
app.command()(deciding.pin)
app.command()(deciding.hide)
app.command()(deciding.rename)
app.command()(deciding.lock)
app.command("decisions")(book.list_decisions)
app.command("undo")(deciding.undo_decision)
app.command()(book.export)
