"""Claims: a process owns a row for a limited time, so that no other process does the same work.

An advisory lock ends with its connection, even while its former holder continues. A claim is stored
in the row instead. It ends at a time of the database's clock, or when its process has ended.
"""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import ColumnElement, DateTime, func, select
from sqlalchemy.orm import Session

_PARTS = 5
#: Owners of this process that have not ended.
_active: set[str] = set()


@contextmanager
def open_owner() -> Iterator[str]:
    """Yield a unique owner of claims; those that are left at the end are free.

    An owner consists of host, process namespace, process id, start time and a random part.
    """
    process = os.getpid()
    parts = (_host(), _namespace(), process, _start_time(process), secrets.token_hex(8))
    owner = " ".join(map(str, parts))
    _active.add(owner)
    try:
        yield owner
    finally:
        _active.discard(owner)


def has_ended(owner: str | None) -> bool:
    """Whether an owner has certainly ended; unknown for processes of other machines."""
    parts = (owner or "").split(" ")
    if len(parts) != _PARTS:
        return True  # no owner, or one written by an earlier version
    host, namespace, process, started, _ = parts
    if (host, namespace) != (_host(), _namespace()):
        return False
    if not _exists(int(process)) or _start_time(int(process)) != started:
        return True
    return int(process) == os.getpid() and owner not in _active


def is_free(session: Session, owner: str | None, claimed_until: datetime | None) -> bool:
    """Whether a row with this claim may be claimed by another owner; one statement."""
    if claimed_until is None or has_ended(owner):
        return True
    return claimed_until <= session.scalars(select(_now())).one()


def claim_end(duration: timedelta) -> ColumnElement[datetime]:
    """SQL of the time at which a claim of this duration ends."""
    return _now() + duration


def has_expired(claimed_until: ColumnElement[datetime]) -> ColumnElement[bool]:
    """SQL condition that a claim's time has passed."""
    return claimed_until <= _now()


def _now() -> ColumnElement[datetime]:
    # Not the clock of the job, which tests set: a claim protects against other processes.
    return func.clock_timestamp(type_=DateTime(timezone=True))


@cache
def _host() -> str:
    return socket.gethostname().replace(" ", "-")


def _namespace() -> str:
    """Identify the set of process ids: containers on one host have different sets."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "-"


def _start_time(process: int) -> str:
    """Start time of a process in ticks after the boot; "-" on systems without /proc."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "-"
    return stat.rpartition(")")[2].split()[19]


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
