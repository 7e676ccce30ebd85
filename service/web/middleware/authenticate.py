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

from service.domain.access.roles import LONGEST_SECRET, Role, secret_hash
from service.store.access import keys
from service.store.access.keys import Key
from service.store.database.change_counter import State
from service.store.database.sessions import Sessions
from service.web.dependencies import Clock
from service.web.middleware.shared_reads import Readings

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
#: Seconds after which a key in use is looked up again though none was changed: to note its use.
BELIEVED = 60.0
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


@dataclass(frozen=True, slots=True)
class _Known:
    """A key as it was found, good or not."""

    key: Key
    keys: int  #: changes of keys that were counted before
    asked: float  #: when, on the monotonic clock


class KeyRing:
    """Looks keys up, and believes what it found until the store counts a change of keys.

    The count is read for each request that presents a key, but one reading serves all who wait. So a
    key that was revoked is refused from then on, by whichever process, at no query of its own.
    """

    def __init__(self, sessions: Sessions, clock: Clock, readings: Readings) -> None:
        self._sessions = sessions
        self._clock = clock
        self._readings = readings
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def now(self) -> State:
        """How the store stands at some moment after this call; SQLAlchemyError if it is away."""
        return await self._readings.state()

    async def find(self, secret: str, state: State) -> Key | None:
        """The key with a secret, if it is good in a state that the store was in just now."""
        if len(secret) > LONGEST_SECRET:
            return None
        digest = secret_hash(secret)
        known = self._known.get(digest)
        if known and known.keys == state.keys and time.monotonic() - known.asked < BELIEVED:
            key: Key | None = known.key
        else:
            key = await self._look_up(digest, state.keys)
        return key if key and key.is_good(self._clock()) else None

    async def _look_up(self, digest: bytes, count: int) -> Key | None:
        """Read a key; `count` is of before that, so a change in between is seen the next time."""
        asked = time.monotonic()
        self._known.pop(digest, None)
        key = await run_in_threadpool(self._read, digest)
        if key is None:
            return None
        self._known[digest] = _Known(key, count, asked)
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
    ring = ring_of(request)
    return secret is None or await ring.find(secret, await ring.now()) is not None


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
