"""Composition root: builds engine, sessions, models and clock of the process from the settings.

`servers.site.build_web_app` builds the web application from the same context. Its imports are
slow, so commands without a web server do not load them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from jobs.running.context import Context, Progress, no_progress
from service.commands.running.models import ModelSets
from service.commands.running.store import open_store
from service.commands.running.times import utc_now
from service.compute.loader import ComputeLoader
from service.settings.load import Settings
from service.settings.model_choice import ModelChoice


@contextmanager
def open_context(
    settings: Settings | None = None,
    *,
    name: str = "",
    clock: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
    upgrade: bool = False,
) -> Iterator[Context]:
    """Connect to the database, see `open_store`, and yield the context of jobs.

    Raises:
        BadInputError: the weights of a model cannot be read.
        DatabaseError: the database is unusable; the message gives the reason.
    """
    with open_store(settings, name=name, clock=clock, upgrade=upgrade) as store:
        compute = ComputeLoader(store.settings.compute)
        models = ModelSets(store.settings.window.reach, compute.load_model)
        configured = models.load(ModelChoice.of(store.settings))
        yield Context(
            engine=store.engine,
            sessions=store.sessions,
            settings=store.settings,
            clock=clock,
            encoder=configured.encoder,
            pair_model=configured.pair_model,
            merge_model=configured.merge_model,
            model_sets=models,
            compute=compute.load,
            progress=progress,
        )
