"""Composition root: builds engine, sessions, models and clock of the process from the settings.

`serving.build_web_app` builds the web application from the same context; its imports are slow, so
commands without a web server do not load them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from jobs.running.context import Context, Progress, no_progress
from service.commands.running.models import ModelSets
from service.commands.running.times import utc_now
from service.compute.loader import ComputeLoader
from service.settings import load as settings_module
from service.settings.load import Settings
from service.settings.model_choice import ModelChoice
from service.store.database import schema
from service.store.database.sessions import make_sessions, open_engine


@contextmanager
def open_context(
    settings: Settings | None = None,
    *,
    name: str = "",
    clock: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
    upgrade: bool = False,
) -> Iterator[Context]:
    """Connect to the database and yield the context of jobs and commands.

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
        compute = ComputeLoader(settings.compute)
        models = ModelSets(settings.window.reach, compute.load_model)
        configured = models.load(ModelChoice.of(settings))
        yield Context(
            engine=engine,
            sessions=make_sessions(engine),
            settings=settings,
            clock=clock,
            encoder=configured.encoder,
            pair_model=configured.pair_model,
            merge_model=configured.merge_model,
            model_sets=models,
            compute=compute.load,
            progress=progress,
        )
