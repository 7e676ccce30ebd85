"""Comparison of the database with the models: tables, columns, indexes and constraints."""

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Engine, text

from service.store.database.connections.engines import derived_engine
from service.store.database.connections.limits import UNLIMITED
from service.store.database.errors import translate_database_errors
from service.store.tables import Base

_CHECKS = text("SELECT conname FROM pg_constraint WHERE contype = 'c'")
_INVALID = text(
    "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid"
)


def find_differences(engine: Engine) -> list[str]:
    """Return the differences between the database and the models, one phrase each.

    Tables and indexes that the models do not have are ignored: an administrator may add them, and
    each embedding model has an index of its own.

    Raises:
        DatabaseError: the database is unreachable.
    """
    with (
        translate_database_errors(engine),
        derived_engine(engine, UNLIMITED) as unlimited,
        unlimited.connect() as connection,
    ):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = {
            phrase
            for difference in compare_metadata(context, Base.metadata)
            for phrase in _describe_all(difference)
        }
        return sorted({*differences, *_find_missing_checks(connection), *_find_invalid(connection)})


def _describe_all(difference: Any) -> Iterator[str]:
    """Describe a difference of Alembic: a tuple, or a list of changes of one column."""
    for each in difference if isinstance(difference, list) else [difference]:
        if phrase := _describe(each):
            yield phrase


def _describe(difference: tuple[Any, ...]) -> str:
    kind, *values = difference
    match kind:
        case "add_table":
            phrase = f"table {values[0].name} is missing"
        case "add_column":
            phrase = f"column {values[1]}.{values[2].name} is missing"
        case "remove_column":
            phrase = f"column {values[1]}.{values[2].name} is unknown"
        case "add_index" | "add_constraint" | "add_fk":
            noun = "index" if kind == "add_index" else "constraint"
            phrase = f"{noun} {values[0].name} is missing or different"
        case "modify_type":
            phrase = f"column {values[1]}.{values[2]} has type {values[4]} instead of {values[5]}"
        case "modify_nullable":
            verb = "allows" if values[4] else "does not allow"
            phrase = f"column {values[1]}.{values[2]} {verb} null"
        case _:
            phrase = ""  # something that the models do not have
    return phrase


def _find_missing_checks(connection: Connection) -> Iterable[str]:
    stored = set(connection.scalars(_CHECKS))
    for table in Base.metadata.tables.values():
        for each in table.constraints:
            if isinstance(each, CheckConstraint) and each.name and str(each.name) not in stored:
                yield f"constraint {each.name} is missing"


def _find_invalid(connection: Connection) -> Iterable[str]:
    for name in connection.scalars(_INVALID):
        yield f"index {name} is invalid"
