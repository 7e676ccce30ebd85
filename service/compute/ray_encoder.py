"""Encoding on a Ray cluster, in processes that each have loaded the model."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from service.compute.ray_connection import QUEUED, RETRIES, RayConnection
from service.domain.progress import OnProgress
from service.embed.encoder import Encoder
from service.embed.loader import load_model
from service.settings.embedding import EmbedSettings

#: Batches of one task.
_BATCHES = 4


def load_cluster_encoder(connection: RayConnection, settings: EmbedSettings) -> Encoder:
    """Start the encoders; returns once the first one has loaded the model.

    Raises:
        ComputeError: the cluster has too few processors, or the model is not installed on it.
    """
    count = connection.settings.encoders
    with connection.errors("cannot load the embedding model"):
        gpus = int(connection.count("GPU") >= count)
        actor: Any = ray.remote(
            num_cpus=1, num_gpus=gpus, max_restarts=RETRIES, max_task_retries=RETRIES
        )(_LoadedModel)
        actors = [actor.remote(settings) for _ in range(count)]
        model, dimensions = connection.get(actors[0].describe.remote())
    return _ClusterEncoder(connection, actors, model, dimensions, settings.batch * _BATCHES)


class _LoadedModel:
    """An embedding model in a process of the cluster."""

    def __init__(self, settings: EmbedSettings) -> None:
        self._encoder = load_model(settings)

    def describe(self) -> tuple[str, int]:
        return self._encoder.model, self._encoder.dimensions

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        return self._encoder.encode(texts)


class _ClusterEncoder:
    """Sends texts to the encoders in turn; see `Encoder`."""

    def __init__(
        self,
        connection: RayConnection,
        actors: Sequence[Any],
        model: str,
        dimensions: int,
        size: int,
    ) -> None:
        self.model = model
        self.dimensions = dimensions
        self._connection, self._actors, self._size = connection, actors, size

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encode texts in the batches that one process would use, so the vectors are the same.

        Raises:
            ComputeError: the cluster did not return the vectors.
        """
        distinct = sorted(set(texts), key=lambda text: (len(text), text))
        vectors, done = np.zeros((len(distinct), self.dimensions), dtype=np.float32), 0
        for values in self._encode_in_turn(distinct):
            vectors[done : done + len(values)] = values
            done += len(values)
            if on_progress:
                on_progress(done, len(distinct))
        rows = {text: row for row, text in enumerate(distinct)}
        return vectors[[rows[text] for text in texts]] if len(texts) else vectors

    def _encode_in_turn(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        waiting, queued = deque[Any](), QUEUED * len(self._actors)
        for number, start in enumerate(range(0, len(texts), self._size)):
            actor = self._actors[number % len(self._actors)]
            waiting.append(actor.encode.remote(texts[start : start + self._size]))
            if len(waiting) >= queued:
                yield self._get(waiting.popleft())
        yield from map(self._get, waiting)

    def _get(self, reference: Any) -> NDArray[np.float32]:
        with self._connection.errors("cannot encode"):
            vectors: NDArray[np.float32] = self._connection.get(reference)
        return vectors
