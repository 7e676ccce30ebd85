"""The models that belong together. Types only; `commands.running.models` loads them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from service.domain.merges.model import MergeModel
from service.domain.pairs.scoring.score import PairModel
from service.embed.encoder import Encoder
from service.settings.model_choice import ModelChoice


@dataclass(frozen=True, slots=True)
class ModelSet:
    """An embedding model and the weights that were trained with its vectors."""

    choice: ModelChoice
    encoder: Callable[[], Encoder]  #: loads the model at the first call, once for all threads
    pair_model: PairModel
    merge_model: MergeModel


class ModelLoader(Protocol):
    """Loads the models of a choice once for the whole process."""

    def load(self, choice: ModelChoice) -> ModelSet:
        """Return the models of a choice; raises BadInputError if their weights are unreadable."""
        ...

    def keep(self, choices: Iterable[ModelChoice]) -> None:
        """Forget the models of all other choices."""
        ...
