"""Fixtures of all tests: the embedded Postgres and a migrated database per test."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, make_url, text

from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import Sessions, make_sessions
from tests.support.database.external_server import ExternalServer

pytest_plugins = ["tests.support.summary"]

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# No limits of time: the machine may be busy. A change is tested with the same examples each time;
# `make test-random` tries new ones.
_NO_LIMITS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fixed", _NO_LIMITS, derandomize=True)
settings.register_profile("random", _NO_LIMITS)
settings.load_profile("fixed")

#: URL of a Postgres with pgvector that replaces the embedded server in tests of the store.
EXTERNAL_SERVER = os.environ.get("SAMESTORY_TEST_SERVER")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove settings of the machine from the environment."""
    for name in list(os.environ):
        if name == "DATABASE_URL" or (name.startswith("SAMESTORY_") and name != "SAMESTORY_DATA"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of third-party test data; skips the test if it does not exist."""
    default = Path(__file__).parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("SAMESTORY_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder}; set SAMESTORY_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer | ExternalServer]:
    """Server of the test run; an embedded one is deleted at its end."""
    if EXTERNAL_SERVER:
        with ExternalServer(EXTERNAL_SERVER) as external:
            yield external
        return
    folder = Path(tempfile.mkdtemp(prefix="samestory-test-"))
    folder.chmod(0o755)
    running = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


class Databases:
    """Copies of a migrated database; a thread creates the next one while a test runs."""

    def __init__(self, server: EmbeddedServer | ExternalServer) -> None:
        self._server = server
        self._admin = create_engine(server.url(), isolation_level="AUTOCOMMIT")
        self._numbers = itertools.count(1)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="databases")
        self._next = self._thread.submit(self._create)

    def take(self) -> str:
        """Return the URL of a new database."""
        taken, self._next = self._next, self._thread.submit(self._create)
        return taken.result()

    def drop(self, url: str) -> None:
        """Drop a database later; hundreds of them would fill gigabytes until the end of the run."""
        self._thread.submit(self._drop, make_url(url).database or "")

    def close(self) -> None:
        """Wait for the thread and close the connections."""
        self._thread.shutdown()
        self._admin.dispose()

    def _create(self) -> str:
        url = make_url(self._server.url(f"test_{next(self._numbers)}"))
        template = make_url(self._server.url("template")).database
        with self._admin.connect() as connection:
            connection.execute(
                text(f"CREATE DATABASE {url.database} TEMPLATE {template} STRATEGY FILE_COPY")
            )
        return url.render_as_string(hide_password=False)

    def _drop(self, name: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer | ExternalServer) -> Iterator[Databases]:
    """Databases of the test run."""
    template = schema.make_engine(server.ensure_database("template"))
    schema.upgrade(template)
    template.dispose()
    databases = Databases(server)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def new_database(databases: Databases) -> Callable[[], str]:
    """Function that returns the URL of a new database, which exists until the end of the run."""
    return databases.take


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """URL of a migrated, empty database for one test."""
    url = databases.take()
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on the database of the test."""
    with ExitStack() as stack:
        engine = schema.make_engine(database_url)
        stack.callback(engine.dispose)
        yield engine


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """Session factory on the database of the test."""
    return make_sessions(engine)
