"""Signing keys of links in emails; each is created on first use and can be replaced."""

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.tables import LinkKeyRow

#: Name of the key that signs subscribers' links.
LINKS = "links"
_BYTES = 32


def find_key(session: Session, name: str) -> bytes | None:
    """The key with this name, or None."""
    return session.scalar(select(LinkKeyRow.value).where(LinkKeyRow.name == name))


def rotate(session: Session, name: str, *, now: datetime) -> None:
    """Replace a key, which revokes every link that it signed; a missing key stays missing."""
    values = {"value": secrets.token_bytes(_BYTES), "created_at": now}
    session.execute(update(LinkKeyRow).where(LinkKeyRow.name == name).values(values))


def ensure_key(session: Session, name: str, *, now: datetime) -> bytes:
    """The key with this name, created if missing; safe with concurrent processes."""
    row = {"name": name, "value": secrets.token_bytes(_BYTES), "created_at": now}
    session.execute(insert(LinkKeyRow).values(row).on_conflict_do_nothing())
    return session.scalars(select(LinkKeyRow.value).where(LinkKeyRow.name == name)).one()
