"""Signing key of links in emails; it is created on first use and can be replaced."""

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.tables import LinkKeyRow

#: Name of the key in the table.
_NAME = "links"
_BYTES = 32


def find_key(session: Session) -> bytes | None:
    """The key, or None."""
    return session.scalar(select(LinkKeyRow.value).where(LinkKeyRow.name == _NAME))


def rotate(session: Session, *, now: datetime) -> None:
    """Replace the key, which revokes every link that it signed; a missing key stays missing."""
    values = {"value": secrets.token_bytes(_BYTES), "created_at": now}
    session.execute(update(LinkKeyRow).where(LinkKeyRow.name == _NAME).values(values))


def ensure_key(session: Session, *, now: datetime) -> bytes:
    """The key, created if missing; safe with concurrent processes."""
    row = {"name": _NAME, "value": secrets.token_bytes(_BYTES), "created_at": now}
    session.execute(insert(LinkKeyRow).values(row).on_conflict_do_nothing())
    return session.scalars(select(LinkKeyRow.value).where(LinkKeyRow.name == _NAME)).one()
