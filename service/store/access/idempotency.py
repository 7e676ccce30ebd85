"""Answers to writes, kept for whoever did not get theirs and asks again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from service.errors import ReusedError, UnderwayError
from service.store.database import locks
from service.store.tables import IdempotentResponseRow

#: How long an answer is kept.
KEEP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """A write as it was asked: by which key, under which word of the client's, and what."""

    key_id: int
    word: str  #: the Idempotency-Key
    fingerprint: bytes  #: of method, address and body


@dataclass(frozen=True, slots=True)
class Answered:
    """What a write was answered."""

    status: int
    location: str | None
    body: bytes


def begin(session: Session, asked: Asked) -> Answered | None:
    """The answer that was given, or None: then nobody else answers until this transaction ends.

    The answer is kept in the transaction that does what was asked, so either both stay or none:
    a process that dies leaves nothing behind that says the request is still under way.

    Raises:
        UnderwayError: the first request under this word has not ended.
        ReusedError: the word stood for another request.
    """
    if not locks.attempt(session, f"answer:{asked.key_id}:{asked.word}"):
        raise UnderwayError(asked.word)
    row = session.get(IdempotentResponseRow, (asked.key_id, asked.word))
    if row is None:
        return None
    if row.fingerprint != asked.fingerprint:
        raise ReusedError(asked.word)
    return Answered(row.status, row.location, row.body)


def keep(session: Session, asked: Asked, answered: Answered, *, now: datetime) -> None:
    """Keep what was answered, for `KEEP`."""
    session.add(
        IdempotentResponseRow(
            key_id=asked.key_id,
            idempotency_key=asked.word,
            fingerprint=asked.fingerprint,
            status=answered.status,
            location=answered.location,
            body=answered.body,
            created_at=now,
        )
    )


def forget(session: Session, *, now: datetime) -> int:
    """Remove what was kept long enough; how many."""
    old = (
        delete(IdempotentResponseRow)
        .where(IdempotentResponseRow.created_at < now - KEEP)
        .returning(IdempotentResponseRow.idempotency_key)
    )
    return len(session.scalars(old).all())
