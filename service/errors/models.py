"""Errors of embedding models, of computation in other processes, and of plugins."""

from service.errors.base import SamestoryError


class ComputeError(SamestoryError):
    """Processes or a cluster could not compute a result."""


class EncoderError(SamestoryError):
    """The embedding model cannot be used."""


class ModelChecksumError(EncoderError):
    """The checksum of the weights is unexpected."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{path}: sha256 is {actual}, expected {expected};"
            " reinstall the package that contains this file"
        )
        self.path = path
        self.expected = expected
        self.actual = actual


class ModelMissingError(EncoderError):
    """The model is not installed and could not be downloaded."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"Cannot load the model {model!r}: {reason}")
        self.model = model
        self.reason = reason


class ModelLoadingError(EncoderError):
    """The model is still loading."""

    def __init__(self) -> None:
        super().__init__("The embedding model is loading; retry in a few seconds")


class ModelMismatchError(EncoderError):
    """Vectors of different models cannot be compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            f"Cannot compare vectors of the models {one!r} and {other!r};"
            " compute both with one model"
        )
        self.one = one
        self.other = other


class PluginError(SamestoryError):
    """A plugin is not installed or failed; the message names it."""

    def __init__(self, group: str, name: str, reason: str) -> None:
        super().__init__(f"Plugin {name} (samestory.{group}): {reason}")
        self.group = group
        self.name = name

    @classmethod
    def from_exception(cls, group: str, name: str, error: Exception) -> "PluginError":
        """The error of a plugin that raised an exception."""
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return cls(group, name, reason)
