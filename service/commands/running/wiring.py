"""Puts together what jobs and pages need, from the settings."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from jobs.running.context import Context, Progress, silent
from service.commands.research.grouper import pair_model
from service.embed.encoder import Encoder, load_encoder
from service.settings import load as settings_module
from service.settings.load import Settings
from service.store.database import schema
from service.store.database.sessions import open_engine, sessions_of


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@contextmanager
def open_world(
    settings: Settings | None = None,
    *,
    name: str = "",
    clock: Callable[[], datetime] = utc_now,
    progress: Progress = silent,
    upgrade: bool = False,
) -> Iterator[Context]:
    """The context of jobs, on the database that the settings name.

    `name` chooses another database of the embedded server. `upgrade` applies missing
    migrations; the embedded server, which nobody else administers, always gets them.

    Raises:
        DatabaseError: the database cannot be used; the message says why.
    """
    settings = settings or settings_module.load()
    place = settings.database
    opened = open_engine(place.url, data_dir=place.data_dir, name=name or place.name)
    with opened as engine:
        if upgrade or not place.url:
            schema.upgrade(engine)
        else:
            schema.check(engine)
        yield Context(
            engine=engine,
            sessions=sessions_of(engine),
            settings=settings,
            clock=clock,
            encoder=once(lambda: load_encoder(settings.embed)),
            pair_model=pair_model(settings.pairs).within(settings.window.reach),
            progress=progress,
        )


def once(make: Callable[[], Encoder]) -> Callable[[], Encoder]:
    """Make it at the first call, once for all threads."""
    lock = threading.Lock()
    made: list[Encoder] = []

    def get() -> Encoder:
        with lock:
            if not made:
                made.append(make())
        return made[0]

    return get
