"""Suppression list: addresses that must get no emails; it outlives their subscribers."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.tables import SuppressedAddressRow


def add(session: Session, address: str, reason: str, *, now: datetime) -> None:
    """Suppress an address; the first reason stays."""
    row = {"hash": _hash(address), "reason": reason, "since": now}
    session.execute(insert(SuppressedAddressRow).values(row).on_conflict_do_nothing())


def find(session: Session, address: str) -> str | None:
    """Return the reason why an address is suppressed, or None."""
    statement = select(SuppressedAddressRow.reason)
    return session.scalar(statement.where(SuppressedAddressRow.hash == _hash(address)))


def remove(session: Session, address: str) -> bool:
    """Take an address off the list; returns whether it was on it."""
    statement = delete(SuppressedAddressRow).where(SuppressedAddressRow.hash == _hash(address))
    return session.scalar(statement.returning(SuppressedAddressRow.hash)) is not None


def _hash(address: str) -> bytes:
    """SHA-256 of the lower-case address, as migration 0045 computes it."""
    return hashlib.sha256(address.lower().encode()).digest()
