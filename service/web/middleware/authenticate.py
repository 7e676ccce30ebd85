"""Authentication: API keys from the Authorization header, the key cache, required roles."""

import base64
import binascii
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import cast

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from service.domain.access.client_networks import client_network
from service.domain.access.roles import MAX_SECRET_LENGTH, Role, hash_secret
from service.store.access import keys
from service.store.access.keys import Key
from service.store.database.change_counter import ChangeCounter
from service.store.database.sessions import Sessions
from service.web.dependencies import Clock
from service.web.middleware.shared_reads import SharedReads

REALM = 'realm="samestory"'
BEARER_CHALLENGE = {"WWW-Authenticate": f"Bearer {REALM}"}
INVALID_KEY_CHALLENGE = {"WWW-Authenticate": f'Bearer {REALM}, error="invalid_token"'}
#: Makes a browser show a login form: any user name, and the key as password.
BASIC_CHALLENGE = {"WWW-Authenticate": f"Basic {REALM}"}
AUTHENTICATION_REQUIRED = "Authentication required: send `Authorization: Bearer <key>`"
INVALID_KEY = "Invalid API key: it is unknown, expired or revoked"
MAX_CACHED_KEYS = 10_000
#: Seconds after which a cached key is read again, so that its last use is recorded.
CACHE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Sender of a request: an API key, or an address without one."""

    key: Key | None
    address: str

    @property
    def name(self) -> str:
        """Identity for the rate limit and the stream limit."""
        return f"key {self.key.id}" if self.key else self.address


@dataclass(frozen=True, slots=True)
class _CachedKey:
    key: Key
    key_changes: int  #: `ChangeCounter.key_changes` before the key was read
    read_at: float  #: on the monotonic clock


class KeyCache:
    """Finds API keys by secret; cached keys stay valid until any key changes.

    Before a cached key is used, the change counter is read with one small query, which concurrent
    requests share. So all processes reject a revoked key immediately.
    """

    def __init__(self, sessions: Sessions, clock: Clock, reads: SharedReads) -> None:
        self._sessions = sessions
        self._clock = clock
        self._reads = reads
        self._cached: OrderedDict[bytes, _CachedKey] = OrderedDict()

    async def read_counter(self) -> ChangeCounter:
        """Read the change counter after this call; raises SQLAlchemyError without a database."""
        return await self._reads.counter()

    async def find(self, secret: str, counter: ChangeCounter) -> Key | None:
        """Return the key if it is valid; `counter` must be current."""
        if len(secret) > MAX_SECRET_LENGTH:
            return None
        digest = hash_secret(secret)
        cached = self._cached.get(digest)
        is_fresh = (
            cached is not None
            and cached.key_changes == counter.key_changes
            and time.monotonic() - cached.read_at < CACHE_SECONDS
        )
        if cached is not None and is_fresh:
            key: Key | None = cached.key
        else:
            key = await self._read(digest, counter.key_changes)
        return key if key and key.is_valid(self._clock()) else None

    def has_seen(self, secret: str) -> bool:
        """Whether this process has read the key; it may have changed since."""
        return len(secret) <= MAX_SECRET_LENGTH and hash_secret(secret) in self._cached

    async def _read(self, digest: bytes, key_changes: int) -> Key | None:
        """Read and cache a key.

        `key_changes` is from before the read, so the next request detects a concurrent change.
        """
        read_at = time.monotonic()
        self._cached.pop(digest, None)

        def read() -> Key | None:
            with self._sessions.begin() as session:
                return keys.authenticate(session, digest, now=self._clock())

        key = await run_in_threadpool(read)
        if key is None:
            return None
        self._cached[digest] = _CachedKey(key, key_changes, read_at)
        while len(self._cached) > MAX_CACHED_KEYS:
            self._cached.popitem(last=False)
        return key


class RequireRole(SecurityBase):
    """Dependency: the key of the request, which must have a role.

    Raises 401 without a key and 403 if the key lacks the role.
    """

    def __init__(self, role: Role) -> None:
        self.role = role
        self.model = HTTPBearer(description=f"API key with the role `{role}`.")
        self.scheme_name = f"{role}Key"  # in the OpenAPI document

    def __call__(self, request: Request) -> Key:
        request.state.role = self.role  # the response cache does not share such responses
        key = get_client(request).key
        if key is None:
            raise HTTPException(401, AUTHENTICATION_REQUIRED, BEARER_CHALLENGE)
        if self.role not in key.roles:
            roles = ", ".join(sorted(key.roles))
            raise HTTPException(
                403,
                f"Role {self.role} required; this key has: {roles}. "
                "Use a key with the required role",
            )
        return key


def get_client(request: Request) -> ApiClient:
    """The client of a request, set by `AccessMiddleware`."""
    return cast("ApiClient", request.state.client)


async def is_key_still_valid(request: Request) -> bool:
    """Whether the key of a long request is still valid; True without a key."""
    secret: str | None = request.scope["state"].get("secret")
    key_cache = cast("KeyCache", request.app.state.key_cache)
    return (
        secret is None or await key_cache.find(secret, await key_cache.read_counter()) is not None
    )


def extract_secret(request: Request, *, accept_basic: bool) -> str | None:
    """Secret from the Authorization header; None without one.

    Browsers and metric scrapers send it as the password of Basic authentication, if accepted.
    """
    scheme, value = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic" and accept_basic:
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return None


def client_address(request: Request) -> str:
    """IPv4 address of the client, or its IPv6 network."""
    return client_network(request.client.host if request.client else "")
