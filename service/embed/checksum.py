"""Checksum verification of model weights (SHA-256)."""

import hashlib
from pathlib import Path

from service.errors import ModelChecksumError, ModelMissingError

#: Leading digits of a digest in a model tag.
TAG_DIGITS = 12


def verify(weights: Path, expected: str) -> None:
    """Verify a file of weights against its expected SHA-256, in hex.

    Raises:
        ModelChecksumError: the digest differs.
        ModelMissingError: the file cannot be read.
    """
    try:
        with weights.open("rb") as stream:
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissingError(str(weights), error.strerror or str(error)) from error
    if actual != expected:
        raise ModelChecksumError(str(weights), expected, actual)
