"""Exports: `GET /v1/export/…`, one item after the other, or as a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from samestory_client.transport import Transport

ExportKind = Literal["stories", "articles", "outlets", "feeds", "storylines", "changes"]


class Exporting:
    """Methods of the client for exports."""

    _transport: Transport

    def export(self, kind: ExportKind, **parameters: Any) -> Iterator[dict[str, Any]]:
        """All items of a list as JSON objects; `parameters` are filters, order and `fields`.

        The items come from one snapshot, and arrive while they are read.
        """
        rest = b""
        for piece in self._transport.stream(f"/v1/export/{kind}", parameters):
            *lines, rest = (rest + piece).split(b"\n")
            yield from map(json.loads, lines)

    def export_file(
        self,
        kind: ExportKind,
        path: Path | str,
        file_format: Literal["jsonl", "csv"] = "jsonl",
        **parameters: Any,
    ) -> None:
        """Write a list to a file; it is incomplete if this raises ApiError."""
        with Path(path).open("wb") as file:
            file.writelines(
                self._transport.stream(f"/v1/export/{kind}", {"format": file_format, **parameters})
            )
