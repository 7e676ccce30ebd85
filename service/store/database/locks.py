"""Postgres advisory locks: named locks across processes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session


@contextmanager
def try_lock(engine: Engine, name: str) -> Iterator[bool]:
    """Acquire a named lock on a separate connection; yield False if another process has it.

    Postgres releases the lock when the connection ends, so a killed process leaves none behind.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = lock_key(name)
        acquired = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield acquired
        finally:
            if acquired:
                connection.execute(select(func.pg_advisory_unlock(key)))


def lock_until_commit(session: Session, name: str) -> None:
    """Wait for a named lock; it is released when the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(lock_key(name))))


def try_lock_until_commit(session: Session, name: str) -> bool:
    """Acquire a named lock until the transaction ends; return False if it is taken."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(lock_key(name)))))


def lock_key(name: str) -> int:
    """Hash a lock name to the 63-bit integer that Postgres identifies the lock by."""
    digest = hashlib.blake2b(f"samestory:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
