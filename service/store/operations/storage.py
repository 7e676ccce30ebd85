"""Size of the database, its largest tables, and new articles per day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.orm import Session

from service.store.articles.ids import NUMBER_BITS, day_of_id, first_id_of_day
from service.store.tables import ArticleRow

_TABLES = text("""
    SELECT relname, pg_total_relation_size(oid), greatest(reltuples, 0)::bigint FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    ORDER BY 2 DESC LIMIT :limit
""")
_SERVER = text("""
    SELECT pg_database_size(current_database()), current_setting('server_version'),
        (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
        (SELECT version_num FROM alembic_version)
""")


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table with its indexes; `rows` is the estimate of Postgres."""

    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Storage:
    """Size and versions of the database."""

    bytes: int
    postgres: str
    pgvector: str
    revision: str
    tables: tuple[TableSize, ...]  #: the largest ones
    articles: int
    daily: tuple[tuple[date, int], ...]  #: new articles of each day, without gaps, oldest first

    @property
    def bytes_per_day(self) -> float:
        """Estimated growth: the mean size of an article times the articles of a complete day."""
        complete = self.daily[:-1]
        if not self.articles or not complete:
            return 0.0
        return self.bytes / self.articles * sum(count for _, count in complete) / len(complete)


def load_storage(session: Session, *, now: datetime, days: int, tables: int) -> Storage:
    """Size, versions, the largest tables, and the articles of the last days; four statements."""
    first = now.date() - timedelta(days=days - 1)
    number = ArticleRow.id.op(">>")(literal_column(str(NUMBER_BITS)))
    statement = select(number, func.count()).where(ArticleRow.id >= first_id_of_day(first))
    counts = {
        day_of_id(day << NUMBER_BITS): count
        for day, count in session.execute(statement.group_by(number))
    }
    size, postgres, pgvector, revision = session.execute(_SERVER).one()
    largest = session.execute(_TABLES, {"limit": tables})
    return Storage(
        bytes=size,
        postgres=postgres.split()[0],
        pgvector=pgvector,
        revision=revision,
        tables=tuple(TableSize(*row) for row in largest),
        articles=session.scalar(select(func.count()).select_from(ArticleRow)) or 0,
        daily=tuple(
            (day, counts.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))
        ),
    )
