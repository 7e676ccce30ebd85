"""Calls of a function in processes of this machine."""

import multiprocessing
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from service.domain.compute import Item, Result, Shared
from service.errors import ComputeError

#: Open items per process. The number limits the memory for results.
_QUEUED = 2

_shared: Any = None


class LocalProcesses:
    """Calls a function in several processes, which start for each call of `map`.

    Starting a process takes a second, so this saves time only for many thousand articles.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes

    def map(
        self,
        function: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Iterable[Item],
    ) -> Iterator[Result]:
        """Yield the results in the order of the items, see `Compute.map`.

        Raises:
            ComputeError: a process ended, for example because memory was exhausted.
        """
        iterator = iter(items)
        with TemporaryDirectory(prefix="samestory-compute-") as folder:
            path = Path(folder) / "shared"
            with path.open("wb") as file:
                pickle.dump(shared, file, protocol=pickle.HIGHEST_PROTOCOL)
            # Forking this process, which has threads, could deadlock.
            context = multiprocessing.get_context("forkserver")
            with ProcessPoolExecutor(
                self._processes, context, initializer=_load_shared, initargs=(path,)
            ) as pool:
                waiting: deque[Future[Result]] = deque()
                for item in islice(iterator, self._processes * _QUEUED):
                    waiting.append(pool.submit(_call, function, item))
                while waiting:
                    try:
                        result = waiting.popleft().result()
                    except BrokenProcessPool as error:
                        raise ComputeError(
                            "A process of the computation ended unexpectedly. If memory was "
                            "exhausted, lower SAMESTORY_COMPUTE__PROCESSES"
                        ) from error
                    for item in islice(iterator, 1):
                        waiting.append(pool.submit(_call, function, item))
                    yield result


def _load_shared(path: Path) -> None:
    global _shared  # noqa: PLW0603  # one per process, set once at its start
    # The file is written by this program in a folder that only its user can read.
    _shared = pickle.loads(path.read_bytes())  # noqa: S301


def _call(function: Callable[[Any, Item], Result], item: Item) -> Result:
    return function(_shared, item)
