"""Job context: the dependencies of every job, such as sessions, settings, clock and models.

Jobs take the time and the configuration from here, never from the clock or the environment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from service.domain.compute import IN_PROCESS, Compute
from service.domain.merges.model import MergeModel
from service.domain.pairs.scoring.score import PairModel
from service.embed.encoder import Encoder
from service.embed.model_set import ModelLoader, ModelSet
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
    #: Loads the models of a choice; without it, the models above are used.
    model_sets: ModelLoader | None = None
    #: Where long computations run; connects to a cluster on the first call.
    compute: Callable[[], Compute] = lambda: IN_PROCESS
    run_id: int | None = None
    progress: Progress = no_progress
    #: Long jobs check this between batches and end early once it returns True.
    stop_requested: Callable[[], bool] = never_stop

    def with_models(self, models: ModelSet) -> "Context":
        """Return the context with other models and the settings that fit them."""
        return replace(
            self,
            settings=models.choice.apply(self.settings),
            encoder=models.encoder,
            pair_model=models.pair_model,
            merge_model=models.merge_model,
        )
