"""Running the service: keys, runs of jobs, the words and names of the window."""

from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Instant, one_of


class KeyRow(Base):
    """An API key; only its hash is kept."""

    __tablename__ = "keys"

    id: Mapped[Identifier]
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    roles: Mapped[list[str]]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
    used_at: Mapped[Instant | None]


class RunRow(Base):
    """One execution of a job."""

    __tablename__ = "runs"
    __table_args__ = (
        one_of("outcome", "running", "done", "failed"),
        Index("ix_runs_job_id", "job", "id"),
    )

    id: Mapped[Identifier]
    job: Mapped[str]
    started_at: Mapped[Instant]
    seconds: Mapped[float | None]
    outcome: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    error: Mapped[str | None]
    host: Mapped[str]
    pid: Mapped[int]


class LexiconRow(Base):
    """Document frequencies of the window's words, as the last reconcile counted them."""

    __tablename__ = "lexicons"

    id: Mapped[Identifier]
    made_at: Mapped[Instant]
    articles: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class GazetteerRow(Base):
    """What the names of the latest articles stand for, as `describe` last read it from them."""

    __tablename__ = "gazetteers"

    id: Mapped[Identifier]
    made_at: Mapped[Instant]
    data: Mapped[bytes] = mapped_column(LargeBinary)
