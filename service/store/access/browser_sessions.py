"""Browser sessions of people who signed in with an API key. Only hashes of tokens are stored."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.access.roles import hash_secret
from service.store.access import keys
from service.store.access.keys import Key
from service.store.tables import BrowserSessionRow

_RANDOM_BYTES = 32
#: Longer tokens are rejected without a lookup.
MAX_TOKEN_LENGTH = 100


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A signed-in person: the API key, and the token of all forms of the session."""

    key: Key
    form_token: str
    expires_at: datetime


def sign_in(session: Session, secret: str, *, now: datetime, duration: timedelta) -> str | None:
    """Create a session and return its token, which is not stored; None if the key is not valid."""
    key = keys.authenticate(session, hash_secret(secret), now=now)
    if key is None or not key.is_valid(now):
        return None
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    session.add(
        BrowserSessionRow(
            hash=hash_secret(token),
            key_id=key.id,
            form_token=secrets.token_urlsafe(_RANDOM_BYTES),
            created_at=now,
            expires_at=now + duration,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime) -> BrowserSession | None:
    """Return the session of a token; None if it ended or if its key is no longer valid."""
    if len(token) > MAX_TOKEN_LENGTH:
        return None
    statement = select(BrowserSessionRow).where(
        BrowserSessionRow.hash == hash_secret(token), BrowserSessionRow.expires_at > now
    )
    row = session.scalar(statement)
    if row is None:
        return None
    key = keys.get(session, row.key_id)
    return BrowserSession(key, row.form_token, row.expires_at) if key.is_valid(now) else None


def sign_out(session: Session, token: str) -> None:
    """End the session of a token; idempotent."""
    session.execute(delete(BrowserSessionRow).where(BrowserSessionRow.hash == hash_secret(token)))


def delete_expired(session: Session, *, now: datetime) -> int:
    """Delete sessions that have expired and return how many."""
    row = BrowserSessionRow
    return len(session.scalars(delete(row).where(row.expires_at <= now).returning(row.hash)).all())
