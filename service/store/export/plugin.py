"""Export target that a plugin provides."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from service.errors import ExportError, PluginError
from service.plugins.loading import load_plugin
from service.plugins.protocols import ExportTarget

_GROUP = "export_targets"


class PluginTarget:
    """Passes dumps to a plugin, whose errors become ExportError with its name."""

    def __init__(self, name: str) -> None:
        self._name = name
        with self._named_errors():
            self._plugin: ExportTarget = load_plugin(_GROUP, name, ExportTarget)

    def has_dump(self, day: date) -> bool:
        """Whether there is a complete dump of a day."""
        with self._named_errors():
            return bool(self._plugin.has_dump(day))

    def delete_before(self, day: date) -> int:
        """Delete the dumps of earlier days, and return their number."""
        with self._named_errors():
            return int(self._plugin.delete_before(day))

    @contextmanager
    def receive(self, day: date) -> Iterator[str]:
        """Yield a folder for a dump; at the end, pass the dump of the day to the plugin."""
        with TemporaryDirectory(prefix="samestory-dump-") as folder:
            yield folder
            with self._named_errors():
                self._plugin.store(day, Path(folder) / day.isoformat())

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except PluginError as error:
            raise ExportError(str(error)) from error
        except Exception as error:
            named = PluginError.from_exception(_GROUP, self._name, error)
            raise ExportError(str(named)) from error
