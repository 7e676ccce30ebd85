"""The gate before all routes: who asks, whether they may, how often, and how much they send."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.quotas import Bucket, Quota, Verdict, take
from service.web.callers import (
    ASK_USER,
    BAD_KEY,
    CHALLENGE,
    NO_KEY,
    NOT_GOOD,
    Caller,
    KeyRing,
    address_of,
    presented,
)
from service.web.problems import DATABASE_TROUBLE, browsing, problem, unavailable
from service.web.readings import note

#: Neither a key nor a limit: probes, files of the pages, and subscribers' own signed links.
FREE = ("/healthz", "/readyz", "/static/", "/digest/")
#: No key, but a limit: the description says nothing of what is stored.
DESCRIBED = ("/docs", "/openapi.json")
#: Buckets remembered at once.
MOST = 50_000
#: So much more than is allowed is read and thrown away, so that whoever sends it hears why.
DRAINED = 16


@dataclass(frozen=True, slots=True)
class Access:
    """What the gate goes by."""

    reading_open: bool
    quota: Quota
    max_body: int  #: bytes


class Gate:
    """Wraps an application: whoever comes through is known, and within bounds.

    Buckets live in this process: behind several processes each counts what comes to itself.
    """

    def __init__(self, app: ASGIApp, access: Access, ring: KeyRing) -> None:
        self.app = app
        self.access = access
        self.ring = ring
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or say why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        limited = _Limited(receive, self.access.max_body)
        if refused := await self._refused(request, limited):
            await refused(scope, receive, send)
            return
        verdict: Verdict | None = scope["state"].get("verdict")
        if verdict is None:
            await self.app(scope, limited, send)
            return
        told = self._told(verdict, scope["state"]["caller"])

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"]).update(told)
            await send(message)

        await self.app(scope, limited, send_told)

    async def _refused(self, request: Request, body: "_Limited") -> Response | None:
        """The answer for a request that is not let through."""
        state = request.scope.setdefault("state", {})
        state["caller"] = Caller(None, address_of(request))
        if not request.scope["path"].startswith(FREE):
            try:
                status, reason, headers = await self._admitted(request)
            except DATABASE_TROUBLE:
                return unavailable(request)
            verdict = self._take(state["caller"])
            if verdict and not verdict.allowed:
                return self._too_many(request, verdict)
            if status:
                more = self._told(verdict, state["caller"]) if verdict else {}
                return problem(request, status, reason, headers={**headers, **more})
            state["verdict"] = verdict
        if body.announced(request.headers):
            await body.drain()
            return problem(request, 413, body.reason)
        return None

    async def _admitted(self, request: Request) -> tuple[int, str, Mapping[str, str]]:
        """Find out who asks; status, reason and headers of a refusal, or 0."""
        state = request.scope["state"]
        # Browsers send Basic by themselves, whoever's page made them ask: it is good for reading.
        basic = not self.access.reading_open and request.method == "GET"
        secret = presented(request, also_basic=basic)
        if secret is not None:
            seen = await self.ring.now()
            note(request.scope, seen)
            key = await self.ring.find(secret, seen)
            if key is None:
                return 401, NOT_GOOD, ASK_USER if browsing(request) else BAD_KEY
            state["caller"] = Caller(key, state["caller"].address)
            state["secret"] = secret
        elif not self.access.reading_open and not request.scope["path"].startswith(DESCRIBED):
            return 401, NO_KEY, ASK_USER if browsing(request) else CHALLENGE
        return 0, "", {}

    def _take(self, caller: Caller) -> Verdict | None:
        if not self.access.quota.requests:
            return None
        verdict = take(self.access.quota, self._buckets.get(caller.name), time.monotonic())
        self._buckets[caller.name] = verdict.bucket
        self._buckets.move_to_end(caller.name)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        return verdict

    def _too_many(self, request: Request, verdict: Verdict) -> Response:
        quota = self.access.quota
        reason = (
            f"more than {quota.requests} requests in {quota.window} seconds; "
            f"ask again in {verdict.wait}"
        )
        told = self._told(verdict, request.scope["state"]["caller"])
        return problem(request, 429, reason, headers={"Retry-After": str(verdict.wait), **told})

    def _told(self, verdict: Verdict, caller: Caller) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10."""
        policy = '"key"' if caller.key else '"address"'
        quota = self.access.quota
        return {
            "RateLimit-Policy": f"{policy};q={quota.requests};w={quota.window}",
            "RateLimit": f"{policy};r={verdict.remaining};t={verdict.reset}",
        }


class _Limited:
    """Passes a body on, but not more of it than is allowed."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._read = 0
        self.reason = f"the body is larger than {most} bytes; send less"

    def announced(self, headers: Headers) -> bool:
        """Whether the request says itself that it is too large."""
        length = headers.get("content-length", "")
        return length.isdecimal() and int(length) > self._most

    async def drain(self) -> None:
        """Read what is still to come, within reason: an answer before that could get lost."""
        while self._read < self._most * DRAINED:
            message = await self._receive()
            self._read += len(message.get("body", b""))
            if not message.get("more_body"):
                return

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            if message.get("more_body"):
                await self.drain()
            raise HTTPException(413, self.reason)
        return message
