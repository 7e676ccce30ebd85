"""Encoding on a Ray cluster, in processes that each have loaded the model."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from service.compute.ray_connection import QUEUED, RETRIES, RayConnection
from service.domain.progress import OnProgress
from service.embed.loader import load_model
from service.settings.sections.embedding import EmbedSettings

#: Batches of one task.
_BATCHES = 4


class _LoadedModel:
    """An embedding model in a process of the cluster."""

    def __init__(self, settings: EmbedSettings) -> None:
        self._encoder = load_model(settings)

    def describe(self) -> tuple[str, int]:
        return self._encoder.model, self._encoder.dimensions

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        return self._encoder.encode(texts)


class ClusterEncoder:
    """Sends texts to the processes in turn; see `Encoder`."""

    def __init__(self, connect: Callable[[], RayConnection], settings: EmbedSettings) -> None:
        """Start the processes; returns once the first one has loaded the model.

        `connect` returns the current connection to the cluster.

        Raises:
            ComputeError: the cluster has too few processors, or the model is not installed on it.
        """
        self._connect, self._settings = connect, settings
        self._started: _Started | None = None
        started = self._start()
        with started.connection.errors("cannot load the embedding model"):
            describe = started.connection.call(started.actors[0].describe.remote)
            described = started.connection.get(describe)
        self.model: str = described[0]
        self.dimensions: int = described[1]

    def _start(self) -> "_Started":
        """Return the processes; starts them at first and after the connection was lost."""
        connection = self._connect()
        if self._started is None or self._started.connection is not connection:
            count = connection.settings.encoders
            with connection.errors("cannot load the embedding model"):
                actor: Any = ray.remote(
                    num_cpus=1,
                    num_gpus=int(connection.count("GPU") >= count),
                    max_restarts=RETRIES,
                    max_task_retries=RETRIES,
                )(_LoadedModel)
                actors = [connection.call(actor.remote, self._settings) for _ in range(count)]
            self._started = _Started(connection, actors)
        return self._started

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
        started, size = self._start(), self._settings.batch * _BATCHES
        waiting, queued = deque[Any](), QUEUED * len(started.actors)
        for number, start in enumerate(range(0, len(texts), size)):
            actor = started.actors[number % len(started.actors)]
            waiting.append(started.send(actor, texts[start : start + size]))
            if len(waiting) >= queued:
                yield started.get(waiting.popleft())
        yield from map(started.get, waiting)


@dataclass(frozen=True, slots=True)
class _Started:
    """The processes that have loaded the model, or load it now."""

    connection: RayConnection
    actors: Sequence[Any]

    def send(self, actor: Any, texts: Sequence[str]) -> Any:
        """Start a task that encodes texts, and return the reference of its result."""
        with self.connection.errors("cannot encode"):
            return self.connection.call(actor.encode.remote, texts)

    def get(self, reference: Any) -> NDArray[np.float32]:
        with self.connection.errors("cannot encode"):
            vectors: NDArray[np.float32] = self.connection.get(reference)
        return vectors
