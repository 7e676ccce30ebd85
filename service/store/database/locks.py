"""Postgres advisory locks: named locks across processes.

Order of locks. A transaction that acquires several locks acquires them in this order; otherwise two
transactions could wait for each other:

1. the lock `stories` (`stories.apply_plan.LOCK`): every writer of stories, memberships and copies
2. the lock `admission` (`identity.admission.LOCK`): every writer of articles and their keys
3. the lock `feeds` (`catalogue.feeds.LOCK`): every writer of outlets and new feeds
4. the lock `models` (`articles.vectors`): first use and switch of the embedding model
5. the lock `subscriptions` (`subscribers.opt_in.LOCK`): requests for confirmation emails
6. rows of one table, in the order of their ids: articles, stories, editions, webhooks, subscribers
7. the row of the run, in the last statement before the commit (`database.fence`)

Rows are locked with FOR NO KEY UPDATE (`key_share=True`), as UPDATE does. FOR UPDATE would also
conflict with the check of a foreign key, which every INSERT of a row that refers to the locked one
performs.
"""

import hashlib
import time

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

#: Longest wait for a lock whose holder was ended.
_TAKEOVER_SECONDS = 3.0
_HOLDER = text("""
    SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = :high AND objid = :low AND objsubid = 1
    AND datname = current_database()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted
""")
_END = text("""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (pid = :pid OR application_name = ANY(:names))
""")


def try_lock(connection: Connection, name: str) -> bool:
    """Acquire a named lock until the connection ends; return False if another one has it.

    Postgres releases the lock when the connection ends, so a killed process leaves none behind.
    """
    return bool(connection.scalar(select(func.pg_try_advisory_lock(lock_key(name)))))


def unlock(connection: Connection, name: str) -> None:
    """Release a lock of `try_lock`."""
    connection.execute(select(func.pg_advisory_unlock(lock_key(name))))


def take_lock(connection: Connection, name: str) -> bool:
    """End the connections of the jobs of the process that holds a lock, and acquire the lock.

    Returns False if the lock is still taken after some seconds.
    """
    high, low = divmod(lock_key(name), 1 << 32)
    for pid, application in connection.execute(_HOLDER, {"high": high, "low": low}).all():
        process = application.rpartition(" ")[0]
        names = [f"{process} {purpose}" for purpose in ("jobs", "locks")] if process else []
        connection.execute(_END, {"pid": pid, "names": names})
    end = time.monotonic() + _TAKEOVER_SECONDS
    while not (acquired := try_lock(connection, name)) and time.monotonic() < end:
        time.sleep(0.05)
    return acquired


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
