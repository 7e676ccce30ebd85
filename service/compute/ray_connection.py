"""Connection to a Ray cluster: deadlines, and errors that name the cluster."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
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


class RayConnection:
    """A connection of this process to a cluster."""

    def __init__(self, settings: ComputeSettings) -> None:
        """Connect to the cluster.

        Raises:
            ComputeError: the cluster does not respond, or has another version of samestory.
        """
        self.settings = settings
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

    @property
    def is_lost(self) -> bool:
        """Whether the cluster no longer answers, for example because its head was restarted."""
        if not ray.is_initialized():
            return True
        try:
            return not call_within(_CONNECT_SECONDS, ray.cluster_resources).get("CPU")
        except (DeadlineError, RayError, OSError, RuntimeError):
            return True

    def close(self) -> None:
        """Close the connection of this process; a cluster that hangs does not delay it."""
        with suppress(DeadlineError):
            call_within(_CONNECT_SECONDS, ray.shutdown)

    def call(self, function: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
        """Call a function of Ray that has no deadline of its own, as all but `ray.get`.

        Raises errors of Ray, and DeadlineError after `compute.timeout_seconds`.
        """
        return call_within(self.settings.timeout_seconds, function, *arguments, **options)

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


def _require_listener(address: str) -> None:
    """Check that the address accepts connections; raises OSError or ValueError."""
    parts = urlsplit(address if "://" in address else f"ray://{address}")
    if not parts.hostname or not parts.port:
        raise ValueError("the address needs a host and a port, as in ray://head.example.org:10001")
    socket.create_connection((parts.hostname, parts.port), _CONNECT_SECONDS).close()
