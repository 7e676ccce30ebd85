"""Job `export`: write a Parquet dump once a day, and delete old ones."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from jobs.running.context import Context, Counts
from service.errors import SettingsError


def export(context: Context) -> Counts:
    """Write the Parquet dump of the current date (UTC) to `export.target`, unless it exists."""
    settings = context.settings.export
    if not settings.target:
        return {}
    dumps = import_dumps()
    now = context.clock()
    if dumps.has_dump(settings.target, now.date()):
        return {}
    files = dumps.write_dump(
        context.sessions, settings.target, now=now, release=version("samestory")
    )
    counts = {"rows": sum(file.rows for file in files), "bytes": sum(file.bytes for file in files)}
    if settings.keep_days:
        counts["deleted"] = dumps.delete_old_dumps(
            settings.target, today=now.date(), keep_days=settings.keep_days
        )
    return counts


def import_dumps() -> Any:
    """The module that writes dumps.

    Raises:
        SettingsError: pyarrow is not installed.
    """
    try:
        return import_module("service.store.export.dump")
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise SettingsError(
            "Parquet dumps require the extra `export`; in the checkout, run pip install '.[export]'"
        ) from error
