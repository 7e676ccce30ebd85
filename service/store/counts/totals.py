"""Totals of lists: exact up to a bound, and estimated by Postgres above it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Select, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

#: Up to this number, totals are exact.
MAX_EXACT = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """Number of rows; an estimate is never below `MAX_EXACT`."""

    count: int
    exact: bool


class _Explain(Executable, ClauseElement):
    """`EXPLAIN` of a statement, as JSON."""

    inherit_cache = False

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


def count_rows(
    session: Session, statement: Select[*tuple[Any, ...]], *, max_exact: int = MAX_EXACT
) -> Total:
    """Count the rows of a statement, reading at most `max_exact` + 1; one or two statements."""
    bounded = statement.limit(max_exact + 1).subquery()
    count = session.scalars(select(func.count()).select_from(bounded)).one()
    if count <= max_exact:
        return Total(count, exact=True)
    [(plans,)] = session.execute(_Explain(statement)).all()
    return Total(max(count, int(plans[0]["Plan"]["Plan Rows"])), exact=False)
