"""SQL condition: a column equals any value of an array parameter."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def equals_any(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Build `column = ANY(:values)` with all values in one array parameter.

    Unlike `in_`, the statement text does not depend on the number of values. SQLAlchemy compiles
    it once and Postgres prepares it once: writing two hundred parameters takes longer than the
    lookup itself.
    """
    parameter = bindparam(None, list(values), type_=ARRAY(column.type), unique=True)
    condition: ColumnElement[bool] = column == any_(parameter)
    return condition
