"""Array parameters of SQL statements, and the condition that a column equals any of the values."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, LargeBinary, Text, any_, bindparam, cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

_Value = TypeVar("_Value")

#: Rows of one statement that loads large columns. The driver keeps all rows of a result in memory,
#: besides the values that are made from them.
LOADED_ROWS = 1000


def split(values: Sequence[_Value], size: int = LOADED_ROWS) -> Iterator[Sequence[_Value]]:
    """Yield parts of `size` values, in order."""
    return (values[start : start + size] for start in range(0, len(values), size))


def equals_any(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Build `column = ANY(:values)` with all values in one array parameter.

    Unlike `in_`, the statement text does not depend on the number of values. SQLAlchemy compiles
    it once and Postgres prepares it once: writing two hundred parameters takes longer than the
    lookup itself.
    """
    condition: ColumnElement[bool] = column == any_(array_parameter(column.type, values))
    return condition


def array_parameter(kind: TypeEngine[Any], values: Iterable[Any]) -> ColumnElement[Any]:
    """Build an array parameter whose elements have this type."""
    if isinstance(kind, LargeBinary):
        # The driver escapes each element of an array, which takes longer than the lookup of a key.
        text = ",".join(f'"\\\\x{value.hex()}"' for value in values)
        return cast(bindparam(None, f"{{{text}}}", type_=Text(), unique=True), ARRAY(kind))
    return bindparam(None, list(values), type_=ARRAY(kind), unique=True)
