"""What all tests share: the embedded Postgres, and a fresh migrated database for each test."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import Sessions, sessions_of

pytest_plugins = ["tests.support.summary"]

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in list(os.environ):
        if name == "DATABASE_URL" or (name.startswith("SAMESTORY_") and name != "SAMESTORY_DATA"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party test data; tests that need it skip where it is absent."""
    beside = Path(__file__).parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("SAMESTORY_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; name its folder in SAMESTORY_DATA")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """One embedded server for the whole run, thrown away at its end."""
    folder = Path(tempfile.mkdtemp(prefix="samestory-test-"))
    folder.chmod(0o755)
    running = EmbeddedServer.start(str(folder), throwaway=True)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def new_database(server: EmbeddedServer) -> Iterator[Callable[[], str]]:
    """Makes databases as copies of a migrated one; each call returns the address of a new one."""
    template = schema.connect(server.ensure_database("template"))
    schema.upgrade(template)
    template.dispose()
    admin = create_engine(server.url(), isolation_level="AUTOCOMMIT")
    numbers = itertools.count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY"))
        return server.url(name)

    yield make
    admin.dispose()


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """The address of a migrated, empty database of the test's own."""
    return new_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the test's database."""
    with ExitStack() as stack:
        engine = schema.connect(database_url)
        stack.callback(engine.dispose)
        yield engine


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """Transactions on the test's database."""
    return sessions_of(engine)
