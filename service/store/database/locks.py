"""Advisory locks: one process at a time for each job."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session


@contextmanager
def held(engine: Engine, name: str) -> Iterator[bool]:
    """Hold a named lock for a while, on a connection of its own; yields False if another has it.

    The lock falls when the connection does, so a killed process leaves none behind.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = lock_key(name)
        got = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield got
        finally:
            if got:
                connection.execute(select(func.pg_advisory_unlock(key)))


def serialise(session: Session, name: str) -> None:
    """Wait until no other transaction holds this name; held until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(lock_key(name))))


def attempt(session: Session, name: str) -> bool:
    """Hold a name until the transaction ends, unless another one holds it."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(lock_key(name)))))


def lock_key(name: str) -> int:
    """The 63-bit number by which Postgres knows a lock."""
    digest = hashlib.blake2b(f"samestory:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
