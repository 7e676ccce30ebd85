"""Roles of API keys; generation and hashing of their secrets."""

import hashlib
import secrets
from enum import StrEnum

#: Prefix of every secret, for secret scanners of code and logs.
PREFIX = "samestory_"
_RANDOM_BYTES = 32
#: Longer secrets are rejected without a lookup.
MAX_SECRET_LENGTH = 200


class Role(StrEnum):
    """Permission of a key; every key may read.

    `editor`: make decisions about stories, save queries. `admin`: manage feeds, outlets,
    subscribers, keys and webhooks.
    """

    READER = "reader"
    EDITOR = "editor"  #: decisions about stories and articles, saved queries
    ADMIN = "admin"  #: feeds, outlets, subscribers, keys, webhooks


def new_secret() -> str:
    """Generate a secret with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_secret(secret: str) -> bytes:
    """Hash a secret for storage, 32 bytes.

    A fast hash is enough: with 256 random bits, a dictionary attack is impossible.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
