"""Connection to a Ray cluster: deadlines, and errors that name the cluster."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ray
from ray.exceptions import GetTimeoutError, RayError

from service.compute.deadline import DeadlineError, call_within
from service.errors import ComputeError
from service.settings.sections.compute import ComputeSettings

#: How often a task or an encoder starts again after its node was lost.
RETRIES = 5
#: Open tasks per processor, and per encoder. The number limits the memory for results.
QUEUED = 2
_CONNECT_SECONDS = 10.0
Result = TypeVar("Result")
#: Calls that did not return in time. A process has one connection of Ray, so they concern all
#: objects of this module.
_waiting: set[Thread] = set()


class RayConnection:
    """A connection of this process to a cluster."""

    def __init__(self, settings: ComputeSettings) -> None:
        """Connect to the cluster.

        Raises:
            ComputeError: the cluster does not respond, or has another version of samestory.
        """
        self.settings = settings
        self._require_no_waiting_calls()
        with self.errors("cannot connect"):
            _require_listener(settings.address)  # Ray would retry for minutes
            self.call(
                ray.init,
                settings.address,
                ignore_reinit_error=True,
                log_to_driver=False,
                logging_level=logging.WARNING,
            )
            task = ray.remote(max_retries=RETRIES)(version)
            remote_version = self.get(self.call(task.remote, "samestory"))
        if remote_version != version("samestory"):
            raise ComputeError(
                f"The Ray cluster {settings.address} has samestory {remote_version}, this process has "
                f"{version('samestory')}; install the same version on all machines"
            )

    def is_lost(self) -> bool:
        """Whether this process must connect again, for example because the head was restarted.

        Raises:
            ComputeError: the cluster does not respond.
        """
        self._require_no_waiting_calls()
        if not ray.is_initialized():
            return True
        seconds = min(_CONNECT_SECONDS, self.settings.timeout_seconds)
        try:
            return not _call_within(seconds, ray.cluster_resources).get("CPU")
        except DeadlineError as error:
            raise ComputeError(
                f"Ray cluster {self.settings.address}: no response within {seconds:g} s; check that "
                "the head of the cluster responds"
            ) from error
        except (RayError, OSError, RuntimeError):
            return True

    def _require_no_waiting_calls(self) -> None:
        """Raise ComputeError while a call waits for the cluster.

        If the process connected again, Ray would end it as soon as that call continues.
        """
        for thread in tuple(_waiting):
            if not thread.is_alive():
                _waiting.discard(thread)
        if _waiting:
            raise ComputeError(
                f"Ray cluster {self.settings.address}: an earlier call still waits; check that the "
                "head of the cluster responds"
            )

    def close(self) -> None:
        """Close the connection of this process; a cluster that hangs does not delay it."""
        with suppress(DeadlineError):
            _call_within(_CONNECT_SECONDS, ray.shutdown)

    def call(self, function: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
        """Call a function of Ray that has no deadline of its own, as all but `ray.get`.

        Raises errors of Ray, and DeadlineError after `compute.timeout_seconds`.
        """
        return _call_within(self.settings.timeout_seconds, function, *arguments, **options)

    def get(self, reference: Any) -> Any:
        """Wait for a result, at most `compute.timeout_seconds`; raises errors of Ray."""
        return ray.get(reference, timeout=self.settings.timeout_seconds)

    def count(self, resource: str) -> float:
        """Return how many "CPU" or "GPU" the cluster has."""
        resources: dict[str, float] = self.call(ray.cluster_resources)
        return resources.get(resource, 0)

    @contextmanager
    def errors(self, what: str) -> Iterator[None]:
        """Convert errors of Ray to ComputeError; `what` says what failed."""
        address, seconds = self.settings.address, self.settings.timeout_seconds
        try:
            yield
        except (GetTimeoutError, DeadlineError) as error:
            raise ComputeError(
                f"Ray cluster {address}: no result within {seconds:g} s; check that it has free "
                "processors, or raise SAMESTORY_COMPUTE__TIMEOUT_SECONDS"
            ) from error
        except (RayError, OSError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ComputeError(f"Ray cluster {address}: {what}: {reason[-1]}") from error


def _call_within(
    seconds: float, function: Callable[..., Result], *arguments: Any, **options: Any
) -> Result:
    """Call a function of Ray; see `call_within`."""
    try:
        return call_within(seconds, function, *arguments, **options)
    except DeadlineError as error:
        _waiting.add(error.thread)
        raise


def _require_listener(address: str) -> None:
    """Check that the address accepts connections; raises OSError or ValueError."""
    parts = urlsplit(address if "://" in address else f"ray://{address}")
    if not parts.hostname or not parts.port:
        raise ValueError("the address needs a host and a port, as in ray://head.example.org:10001")
    socket.create_connection((parts.hostname, parts.port), _CONNECT_SECONDS).close()
