"""What every job is given: nothing in a job reads the clock or the environment by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from service.domain.pairs.score import PairModel
from service.embed.encoder import Encoder
from service.settings.load import Settings
from service.store.database.sessions import Sessions

Counts = Mapping[str, int]


class Progress(Protocol):
    """Told how far a long step is; the demo draws bars with it."""

    def __call__(self, step: str, done: int, total: int) -> None: ...


def silent(step: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """The world of a job."""

    engine: Engine
    sessions: Sessions
    settings: Settings
    clock: Callable[[], datetime]
    encoder: Callable[[], Encoder]  #: loads the model at its first call
    pair_model: PairModel
    run_id: int | None = None
    progress: Progress = silent
    stopping: Callable[[], bool] = (
        never  #: long jobs end early, with what they have, once it is true
    )
