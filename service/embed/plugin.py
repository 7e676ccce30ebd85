"""Encoder that a plugin provides."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.domain.progress import OnProgress
from service.errors import EncoderError, PluginError
from service.plugins.loading import load_plugin
from service.plugins.protocols import EncoderPlugin

_GROUP = "encoders"
#: Largest difference of a vector's length from 1.
_TOLERANCE = 1e-3


class PluginEncoder:
    """Checks the vectors of a plugin, whose errors become EncoderError with its name."""

    def __init__(self, name: str, plugin: EncoderPlugin) -> None:
        self._name, self._plugin = name, plugin
        self.model = f"plugin:{name}:{plugin.model}"
        self.dimensions = plugin.dimensions

    @classmethod
    def load(cls, name: str) -> "PluginEncoder":
        """Load the plugin; raises EncoderError if that fails."""
        try:
            return cls(name, load_plugin(_GROUP, name, EncoderPlugin))
        except PluginError as error:
            raise EncoderError(str(error)) from error

    def encode(
        self, texts: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """Encode texts, see `Encoder.encode`.

        Raises:
            EncoderError: the plugin failed, or its vectors have a wrong shape or length.
        """
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        try:
            vectors = np.asarray(self._plugin.encode(texts), dtype=np.float32)
        except Exception as error:
            raise EncoderError(
                str(PluginError.from_exception(_GROUP, self._name, error))
            ) from error
        expected = (len(texts), self.dimensions)
        if vectors.shape != expected:
            self._reject(f"shape {vectors.shape} instead of {expected}")
        # A comparison with NaN is false.
        if not np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _TOLERANCE):
            self._reject("vectors of another length than 1")
        if on_progress:
            on_progress(len(texts), len(texts))
        return vectors

    def _reject(self, reason: str) -> None:
        raise EncoderError(str(PluginError(_GROUP, self._name, reason)))
