"""API keys and sessions, rate limits, idempotent responses, runs, maintenance, word statistics."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Identifier, Timestamp, one_of


class KeyRow(Base):
    """An API key; only the hash of its secret is stored."""

    __tablename__ = "keys"

    id: Mapped[Identifier]
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    roles: Mapped[list[str]]
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp | None]
    revoked_at: Mapped[Timestamp | None]
    last_used_at: Mapped[Timestamp | None]


#: Names of keys that are not revoked are unique, ignoring case.
Index(
    "uq_keys_name",
    func.lower(KeyRow.name),
    unique=True,
    postgresql_where=text("revoked_at IS NULL"),
)


class RateBucketRow(Base):
    """Requests that a client may still send, for all web servers; see migration 0045."""

    __tablename__ = "rate_buckets"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012  # SQLAlchemy's form

    client: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[float]  #: at the time `at`; negative after requests of several servers
    at: Mapped[Timestamp]


class BrowserSessionRow(Base):
    """A person who signed in on the pages with an API key; only the hash of the token is stored."""

    __tablename__ = "browser_sessions"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    key_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("keys.id", ondelete="CASCADE"), index=True
    )
    form_token: Mapped[str]  #: every form of the session contains it
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp] = mapped_column(index=True)


class IdempotentResponseRow(Base):
    """Response to a write, returned for repeated requests with the same Idempotency-Key."""

    __tablename__ = "idempotent_responses"
    __table_args__ = (Index("ix_idempotent_responses_created_at", "created_at"),)

    key_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True
    )
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Timestamp]


class RunRow(Base):
    """One run of a job."""

    __tablename__ = "runs"
    __table_args__ = (
        one_of("outcome", "running", "done", "failed"),
        Index("ix_runs_job_id", "job", "id"),
        Index("ix_runs_running", "job", postgresql_where=text("outcome = 'running'")),
    )

    id: Mapped[Identifier]
    job: Mapped[str]
    started_at: Mapped[Timestamp]
    heartbeat_at: Mapped[Timestamp | None]  #: by the clock of the database
    seconds: Mapped[float | None]
    outcome: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    error: Mapped[str | None]
    host: Mapped[str]
    pid: Mapped[int]


class EvaluationRow(Base):
    """A comparison of a grouping with labels, recorded by `samestory evaluate --record`."""

    __tablename__ = "evaluations"

    id: Mapped[Identifier]
    at: Mapped[Timestamp]
    name: Mapped[str]  #: of the file with the labels
    profile: Mapped[str]
    articles: Mapped[int] = mapped_column(BigInteger)
    precision: Mapped[float]  #: B-cubed, as `recall` and `f1`
    recall: Mapped[float]
    f1: Mapped[float]


class MaintenanceRow(Base):
    """The single row that exists in maintenance mode; see migration 0045."""

    __tablename__ = "maintenance"
    __table_args__ = (CheckConstraint("single", name="has_one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    reason: Mapped[str]
    since: Mapped[Timestamp]


class VocabularyRow(Base):
    """Document frequencies of the words in the window, from the last run of `reconcile`."""

    __tablename__ = "vocabularies"

    id: Mapped[Identifier]
    created_at: Mapped[Timestamp]
    articles: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class GazetteerRow(Base):
    """Names in the latest articles and their kinds, from a run of `describe`."""

    __tablename__ = "gazetteers"

    id: Mapped[Identifier]
    created_at: Mapped[Timestamp]
    data: Mapped[bytes] = mapped_column(LargeBinary)
