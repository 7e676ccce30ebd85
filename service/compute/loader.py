"""Choice of the place of long computations from the settings."""

import threading
from typing import Protocol

from service.compute.processes import LocalProcesses
from service.domain.compute import IN_PROCESS, Compute
from service.embed import loader
from service.embed.encoder import Encoder
from service.errors import ComputeError
from service.settings.sections.compute import LOCAL, ComputeSettings
from service.settings.sections.embedding import EmbedSettings


class ComputeLoader:
    """Selects where to compute, and connects to a cluster on first use. Thread-safe."""

    def __init__(self, settings: ComputeSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._cluster: Cluster | None = None

    def load(self) -> Compute:
        """Return where to compute.

        Raises:
            ComputeError: Ray is not installed, or the cluster does not respond.
        """
        if self._settings.address != LOCAL:
            return self._connect()
        processes = self._settings.processes
        return LocalProcesses(processes) if processes > 1 else IN_PROCESS

    def load_model(self, settings: EmbedSettings) -> Encoder:
        """Load an embedding model in this process or on the cluster, see `loader.load_model`.

        Raises:
            ComputeError: Ray is not installed, or the cluster cannot load the model.
        """
        if self._settings.address == LOCAL or not self._settings.encoders:
            return loader.load_model(settings)
        return self._connect().load_model(settings)

    def _connect(self) -> "Cluster":
        with self._lock:
            if self._cluster is None:
                try:
                    # Imported here because Ray is optional, and importing it takes a second.
                    from service.compute.ray_cluster import RayCluster  # noqa: PLC0415
                except ImportError as error:
                    raise ComputeError(
                        f"SAMESTORY_COMPUTE__ADDRESS is {self._settings.address!r}, but Ray is not "
                        "installed; in the checkout, run pip install '.[ray]', or set the address to "
                        "'local'"
                    ) from error
                self._cluster = RayCluster(self._settings)
        return self._cluster


class Cluster(Compute, Protocol):
    """A cluster that computes and encodes."""

    def load_model(self, settings: EmbedSettings) -> Encoder:
        """Load an embedding model on the cluster."""
        ...
