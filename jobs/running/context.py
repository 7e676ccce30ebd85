"""Job context: the dependencies of every job, such as sessions, settings, clock and models.

Jobs take the time and the configuration from here, never from the clock or the environment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from service.domain.merges.model import MergeModel
from service.domain.pairs.score import PairModel
from service.embed.encoder import Encoder
from service.settings.load import Settings
from service.store.database.sessions import Sessions

Counts = Mapping[str, int]


class Progress(Protocol):
    """Callback for the progress of a long step; the demo draws progress bars with it."""

    def __call__(self, step: str, done: int, total: int) -> None: ...


def no_progress(step: str, done: int, total: int) -> None:
    """Ignore progress."""


def never_stop() -> bool:
    """Return False: the job runs to its end."""
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """Dependencies of a job."""

    engine: Engine
    sessions: Sessions
    settings: Settings
    clock: Callable[[], datetime]
    encoder: Callable[[], Encoder]  #: loads the model on the first call
    pair_model: PairModel
    merge_model: MergeModel
    run_id: int | None = None
    progress: Progress = no_progress
    #: Long jobs check this between batches and end early once it returns True.
    stop_requested: Callable[[], bool] = never_stop
