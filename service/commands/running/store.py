"""Connection to the database for commands that need no models."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from service.commands.running.times import utc_now
from service.settings import load as settings_module
from service.settings.load import Settings
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions, open_engine


@dataclass(frozen=True, slots=True)
class Store:
    """The database, the settings and the clock of a command."""

    engine: Engine
    sessions: Sessions
    settings: Settings
    clock: Callable[[], datetime]


@contextmanager
def open_store(
    settings: Settings | None = None,
    *,
    name: str = "",
    clock: Callable[[], datetime] = utc_now,
    upgrade: bool = False,
) -> Iterator[Store]:
    """Connect to the database.

    Without `settings`, the settings of the environment apply. `name` is the database on the
    embedded server; by default, the settings select it. `upgrade` applies missing migrations; they
    are always applied on the embedded server.

    Raises:
        DatabaseError: the database is unusable; the message gives the reason.
    """
    settings = settings or settings_module.load()
    with open_engine(settings.database, name=name) as engine:
        if upgrade or not settings.database.url:
            schema.upgrade(engine)
        else:
            schema.check(engine)
        yield Store(engine, make_sessions(engine), settings, clock)
