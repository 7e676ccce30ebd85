"""Keys: what they allow, what their secrets look like, and what is kept of them."""

import hashlib
import secrets
from enum import StrEnum

#: What every secret begins with, so that scanners of code and logs can tell one.
PREFIX = "samestory_"
_BYTES = 32
#: Longer ones are not looked up.
LONGEST_SECRET = 200


class Role(StrEnum):
    """What a key allows beyond reading, which each one does."""

    READER = "reader"
    EDITOR = "editor"  #: deciding about stories and articles
    ADMIN = "admin"  #: feeds, subscribers, keys


def new_secret() -> str:
    """A secret that nobody can guess: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def secret_hash(secret: str) -> bytes:
    """What is kept of a secret, 32 bytes.

    A secret has 256 random bits, so a fast hash is enough: there is no dictionary to try.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
