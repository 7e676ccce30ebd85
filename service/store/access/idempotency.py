"""Idempotent responses: a repeated write returns the stored response of the first one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from service.errors import IdempotencyKeyReusedError, RequestInProgressError
from service.store.database import locks
from service.store.tables import IdempotentResponseRow

RETENTION = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A write with an Idempotency-Key."""

    api_key_id: int
    idempotency_key: str  #: chosen by the client
    fingerprint: bytes  #: hash of method, URL and body


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The response to a write."""

    status: int
    location: str | None
    body: bytes


def claim(session: Session, request: IdempotentRequest) -> StoredResponse | None:
    """Return the stored response, or None and lock the key until this transaction ends.

    `save_response` must run in the same transaction as the write. So either both are stored or
    neither, and a process that dies leaves no key behind that still seems to be in progress.

    Raises:
        RequestInProgressError: the first request with this key is still in progress.
        IdempotencyKeyReusedError: the key was used for another request.
    """
    key = (request.api_key_id, request.idempotency_key)
    if not locks.try_lock_until_commit(session, f"idempotency:{key[0]}:{key[1]}"):
        raise RequestInProgressError(request.idempotency_key)
    row = session.get(IdempotentResponseRow, key)
    if row is None:
        return None
    if row.fingerprint != request.fingerprint:
        raise IdempotencyKeyReusedError(request.idempotency_key)
    return StoredResponse(row.status, row.location, row.body)


def save_response(
    session: Session, request: IdempotentRequest, response: StoredResponse, *, now: datetime
) -> None:
    """Store the response to a write for `RETENTION`."""
    session.add(
        IdempotentResponseRow(
            key_id=request.api_key_id,
            idempotency_key=request.idempotency_key,
            fingerprint=request.fingerprint,
            status=response.status,
            location=response.location,
            body=response.body,
            created_at=now,
        )
    )


def delete_expired(session: Session, *, now: datetime) -> int:
    """Delete responses older than `RETENTION` and return how many."""
    row = IdempotentResponseRow
    statement = delete(row).where(row.created_at < now - RETENTION).returning(row.idempotency_key)
    return len(session.scalars(statement).all())
