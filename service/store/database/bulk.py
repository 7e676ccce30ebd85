"""Bulk inserts: one statement for all rows, so that statement triggers run once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from service.store.database.arrays import array_parameter
from service.store.tables import Base


def copy_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows into a table; all have the columns of the first one, others get their default.

    An order of magnitude faster than an INSERT for each row.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection().connection.driver_connection
    if connection is None:
        raise RuntimeError("The session has no connection")
    columns = list(rows[0])
    quoted = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY "{table.__tablename__}" ({quoted}) FROM STDIN'
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])


def insert_from_arrays(
    table: type[Base], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Insert:
    """Build an INSERT of rows, for which COPY lacks ON CONFLICT; `columns` names their values.

    The values of each column are one array parameter, so the text of the statement is the same for
    any number of rows, and Postgres runs it once instead of once per row.
    """
    types = [table.__table__.columns[name].type for name in columns]
    arrays = (
        array_parameter(kind, [row[number] for row in rows]) for number, kind in enumerate(types)
    )
    values = func.unnest(*arrays).table_valued(*columns).render_derived()
    return insert(table).from_select(list(columns), select(*(values.c[name] for name in columns)))
