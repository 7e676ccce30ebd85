"""Calls of a function on a Ray cluster. Only Postgres stores state: a lost node loses no data."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import ray

from service.compute.ray_connection import QUEUED, RETRIES, RayConnection
from service.compute.ray_encoder import ClusterEncoder
from service.domain.compute import Item, Result, Shared
from service.embed.encoder import Encoder
from service.settings.sections.compute import ComputeSettings
from service.settings.sections.embedding import EmbedSettings


class RayCluster:
    """Calls a function in tasks of a Ray cluster."""

    def __init__(self, settings: ComputeSettings) -> None:
        """Connect to the cluster; raises ComputeError, see `RayConnection`."""
        self._settings = settings
        self._lock = threading.Lock()
        self._connection = RayConnection(settings)

    def connect(self) -> RayConnection:
        """Return the connection, or a new one if it was lost; raises ComputeError."""
        with self._lock:
            if self._connection.is_lost():
                self._connection.close()
                self._connection = RayConnection(self._settings)
            return self._connection

    def map(
        self,
        function: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Iterable[Item],
    ) -> Iterator[Result]:
        """Yield the results in the order of the items, see `Compute.map`.

        At most two tasks per processor run or wait for their results. The next starts when a result
        is taken.

        Raises:
            ComputeError: the cluster did not return a result within `compute.timeout_seconds`, or
                the function failed.
        """
        connection = self.connect()
        task: Any = ray.remote(max_retries=RETRIES)(_call)
        iterator, waiting = iter(items), deque[Any]()
        with connection.errors("a task failed"):
            reference = connection.call(ray.put, shared)
            queued = QUEUED * max(1, int(connection.count("CPU")))
        while True:
            for item in islice(iterator, queued - len(waiting)):
                with connection.errors("a task failed"):
                    waiting.append(connection.call(task.remote, reference, function, item))
            if not waiting:
                return
            with connection.errors("a task failed"):
                result: Result = connection.get(waiting.popleft())
            yield result

    def load_model(self, settings: EmbedSettings) -> Encoder:
        """Load the embedding model in `compute.encoders` processes of the cluster.

        Raises:
            ComputeError: the cluster has too few processors, or the model is not installed on it.
        """
        return ClusterEncoder(self.connect, settings)


def _call(shared: Shared, function: Callable[[Shared, Item], Result], item: Item) -> Result:
    return function(shared, item)
