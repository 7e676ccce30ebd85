"""Who asks: keys as requests present them, and what a route needs of them."""

import base64
import binascii
import ipaddress
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import cast

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from service.domain.access import LONGEST_SECRET, Role, secret_hash
from service.store import keys
from service.store.keys import Key
from service.store.sessions import Sessions
from service.web.context import Clock

REALM = 'realm="samestory"'
#: What a client without a key is told to bring, and one whose key is not good.
CHALLENGE = {"WWW-Authenticate": f"Bearer {REALM}"}
BAD_KEY = {"WWW-Authenticate": f'Bearer {REALM}, error="invalid_token"'}
#: The same for a browser, which then asks its user: any name, and the key as password.
ASK_USER = {"WWW-Authenticate": f"Basic {REALM}"}
NO_KEY = "this takes a key: send Authorization: Bearer, and the key"
NOT_GOOD = "the key is unknown, has expired or was revoked"
#: Keys remembered at once.
MOST = 10_000
#: Of an IPv6 address as many bits as one client usually has for itself.
IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request; without a key known by the address alone."""

    key: Key | None
    address: str

    @property
    def name(self) -> str:
        """By what its requests are counted."""
        return f"key {self.key.id}" if self.key else self.address


class KeyRing:
    """Looks keys up, and believes what it found for a while: no query for each request.

    So a key that was revoked by another process is refused after `recheck` seconds and the time
    of one query at the latest; by this process, at once.
    """

    def __init__(self, sessions: Sessions, clock: Clock, recheck: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._recheck = recheck
        self._known: OrderedDict[bytes, tuple[Key, float]] = OrderedDict()

    async def find(self, secret: str) -> Key | None:
        """The key with a secret, if it is good now."""
        if len(secret) > LONGEST_SECRET:
            return None
        digest = secret_hash(secret)
        known = self._known.get(digest)
        if known is None or time.monotonic() - known[1] >= self._recheck:
            key = await self._look_up(digest, known)
        else:
            key = known[0]
        return key if key and key.is_good(self._clock()) else None

    def forget(self) -> None:
        """Look every key up again."""
        self._known.clear()

    async def _look_up(self, digest: bytes, known: tuple[Key, float] | None) -> Key | None:
        asked = time.monotonic()
        if known:  # whoever asks meanwhile need not ask the database, too
            self._known[digest] = (known[0], asked)
        try:
            key = await run_in_threadpool(self._read, digest)
        except BaseException:
            self._known.pop(digest, None)
            raise
        if key is None:
            self._known.pop(digest, None)
            return None
        self._known[digest] = (key, asked)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return key

    def _read(self, digest: bytes) -> Key | None:
        with self._sessions.begin() as session:
            return keys.presented(session, digest, now=self._clock())


class Needs(SecurityBase):
    """A dependency: the request's key, which must have a role.

    Raises 401 without a good key, 403 where it lacks the role.
    """

    model = HTTPBearer(description="A key, made with `samestory keys create`.")
    scheme_name = "key"

    def __init__(self, role: Role) -> None:
        self.role = role

    def __call__(self, request: Request) -> Key:
        request.state.role = self.role  # such an answer is nobody else's
        key = caller_of(request).key
        if key is None:
            raise HTTPException(401, NO_KEY, CHALLENGE)
        if self.role not in key.roles:
            held = ", ".join(sorted(key.roles))
            raise HTTPException(403, f"this takes the role {self.role}; the key's is {held}")
        return key


def caller_of(request: Request) -> Caller:
    """Whoever sent a request."""
    return cast("Caller", request.state.caller)


def ring_of(request: Request) -> KeyRing:
    """Where an application looks keys up."""
    return cast("KeyRing", request.app.state.ring)


async def is_still_good(request: Request) -> bool:
    """Whether the key that a request came in with is good still; without one, always."""
    secret: str | None = request.scope["state"].get("secret")
    return secret is None or await ring_of(request).find(secret) is not None


def presented(request: Request, *, also_basic: bool) -> str | None:
    """The secret that a request presents; None if it presents none.

    Browsers and scrapers present it as the password of Basic authentication, if that is taken.
    """
    scheme, value = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic" and also_basic:
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
    return None


def address_of(request: Request) -> str:
    """The client's address; of IPv6 the network, for one client has all of it."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if found.version == 4:  # noqa: PLR2004  # the name of the protocol
        return host
    return str(ipaddress.ip_network((found, IPV6_NETWORK), strict=False))
