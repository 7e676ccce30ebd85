"""Conditions on many values at once."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def among(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of some values, which are one parameter.

    As `in_`, but the statement is the same however many values there are: it is written and
    prepared once, where two hundred parameters take longer to write than to look up.
    """
    given = bindparam(None, list(values), type_=ARRAY(column.type), unique=True)
    found: ColumnElement[bool] = column == any_(given)
    return found
