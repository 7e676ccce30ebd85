"""Weights are used only if they are the ones expected."""

import hashlib
from pathlib import Path

from service.errors import ModelChecksumError, ModelMissingError

#: Digits of a digest that a model's tag shows.
TAG_DIGITS = 12


def verify(weights: Path, expected: str) -> None:
    """Check a file of weights.

    Raises:
        ModelChecksumError: its sha256 is not the expected one.
        ModelMissingError: it cannot be read.
    """
    try:
        with weights.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissingError(str(weights), error.strerror or str(error)) from error
    if found != expected:
        raise ModelChecksumError(str(weights), expected, found)
