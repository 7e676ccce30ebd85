"""`samestory feeds`: manage the feed catalogue.

Only the commands that need `service.ingest` import it, because the import takes longer than a run
of `list`.
"""

import typer

from service.commands.feeds import catalogue, edit, show

app = typer.Typer(help="Manage the feeds that the service fetches.", no_args_is_help=True)
app.command("import")(catalogue.import_file)
app.command()(catalogue.add)
app.command()(catalogue.check)
app.command()(catalogue.discover)
app.command("list")(show.list_feeds)
app.command()(show.show)
app.command("undo-move")(edit.undo_move)
app.command("set")(edit.set_feed)
app.command()(catalogue.export)
