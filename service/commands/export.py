"""`samestory export`: write a Parquet dump now."""

from importlib.metadata import version
from typing import Annotated

import typer

from jobs.export import import_dumps
from service.commands.running.store import open_store
from service.errors import SettingsError


def export(
    target: Annotated[
        str,
        typer.Argument(
            help="Folder, or s3://BUCKET/PREFIX. Default: the setting `export.target`.",
            show_default=False,
        ),
    ] = "",
) -> None:
    r"""Write all articles, stories, memberships and transitions as Parquet files.

    The files are in a folder with the current date (UTC), which is replaced if it exists. The
    command requires the extra `export`: in the checkout, run pip install '.\[export]'.
    """
    dumps = import_dumps()
    with open_store() as store:
        chosen = target or store.settings.export.target
        if not chosen:
            raise SettingsError("No target: pass one, or set export.target")
        now = store.clock()
        files = dumps.write_dump(store.sessions, chosen, now=now, release=version("samestory"))
    print(f"{now.date()}: complete dump in {chosen}")
    for file in files:
        print(f"{file.name:22} {file.rows:>12,} rows {file.bytes:>14,} bytes")
