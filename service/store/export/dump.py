"""Writes a dump: Parquet files of all tables from one snapshot, a data dictionary, a manifest."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy.orm import Session

from service.plugins.loading import plugin_name
from service.store.database.sessions import Sessions
from service.store.export.plugin import PluginTarget
from service.store.export.storage import MANIFEST, Storage
from service.store.export.tables import TABLES, Table

#: Version of the format: incremented when a column is renamed or removed.
FORMAT = 1
#: Rows that are read and written at once; a row group of the file.
BATCH_ROWS = 20_000
_TYPES = {
    "int64": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
    "list<int64>": pa.list_(pa.int64()),
}


@dataclass(frozen=True, slots=True)
class DumpFile:
    """A written file with its size in bytes."""

    name: str
    rows: int
    bytes: int
    sha256: str


def write_dump(
    sessions: Sessions, target: str, *, now: datetime, release: str, batch_rows: int = BATCH_ROWS
) -> list[DumpFile]:
    """Write a dump to the folder of the current date, and return its files.

    A folder of the same date is replaced. Memory depends on
    `batch_rows`, the size of a row group, and not on the number of rows.

    Raises:
        ExportError: the target is invalid, or a file cannot be written.
    """
    if name := plugin_name(target):
        with PluginTarget(name).receive(now.date()) as local:
            return write_dump(sessions, local, now=now, release=release, batch_rows=batch_rows)
    storage, folder = Storage(target), now.date().isoformat()
    storage.create_folder(folder)
    with sessions() as session:
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        files = [
            _write_table(session, storage, folder, table, batch_rows=batch_rows) for table in TABLES
        ]
    storage.write_json(folder, "dictionary.json", describe_tables())
    manifest = {
        "format": FORMAT,
        "release": release,
        "created_at": now.isoformat(),
        "dictionary": "dictionary.json",
        "files": [asdict(file) for file in files],
    }
    storage.write_json(folder, MANIFEST, manifest)
    return files


def has_dump(target: str, day: date) -> bool:
    """Whether the target has a complete dump of a date; raises ExportError."""
    if name := plugin_name(target):
        return PluginTarget(name).has_dump(day)
    return Storage(target).is_complete(day.isoformat())


def delete_old_dumps(target: str, *, today: date, keep_days: int) -> int:
    """Delete the folders of dates before the last `keep_days` days, and return their number.

    Other folders stay. Raises ExportError.
    """
    if name := plugin_name(target):
        return PluginTarget(name).delete_before(today - timedelta(days=keep_days - 1))
    storage, deleted = Storage(target), 0
    for folder in storage.list_folders():
        day = _parse_date(folder)
        if day is not None and day <= today - timedelta(days=keep_days):
            storage.delete_folder(folder)
            deleted += 1
    return deleted


def describe_tables() -> dict[str, Any]:
    """The data dictionary: description and columns of each table."""
    return {
        table.name: {
            "description": table.description,
            "columns": [
                {"name": each.name, "type": each.type, "description": each.description}
                for each in table.columns
            ],
        }
        for table in TABLES
    }


def _write_table(
    session: Session, storage: Storage, folder: str, table: Table, *, batch_rows: int
) -> DumpFile:
    schema = pa.schema(
        [
            pa.field(each.name, _TYPES[each.type], metadata={"description": each.description})
            for each in table.columns
        ],
        metadata={"description": table.description},
    )
    name, count = f"{table.name}.parquet", 0
    with storage.open_file(folder, name) as file:
        statement = table.statement().execution_options(yield_per=batch_rows)
        with (
            parquet.ParquetWriter(
                pa.PythonFile(file, mode="w"), schema, compression="zstd"
            ) as writer,
            session.execute(statement) as rows,
        ):
            for batch in rows.partitions():
                columns = [list(column) for column in zip(*batch, strict=True)]
                arrays = [
                    pa.array(values, type=field.type)
                    for values, field in zip(columns, schema, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
                count += len(batch)
    return DumpFile(name, count, file.size, file.sha256)


def _parse_date(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
