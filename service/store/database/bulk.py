"""Bulk insert with COPY: one statement for all rows, so that statement triggers run once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

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
