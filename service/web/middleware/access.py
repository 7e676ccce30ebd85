"""The gate before all routes: who asks, whether they may, how often, and how much they send."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.access.rate_limit import Bucket, Quota, Verdict, take
from service.web.middleware.authenticate import (
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
from service.web.middleware.shared_reads import note
from service.web.requests.problems import DATABASE_TROUBLE, browsing, problem, unavailable

#: Neither a key nor a limit: probes, files of the pages, and subscribers' own signed links.
FREE = ("/healthz", "/readyz", "/static/", "/digest/")
#: No key, but a limit: the description says nothing of what is stored.
DESCRIBED = ("/docs", "/openapi.json")
#: Buckets remembered at once.
MOST = 50_000
#: So many times what is allowed, and for so many seconds, is read after a refusal and thrown away:
#: whoever sends on into a connection that is closed may never see the answer.
DRAINED, PATIENCE = 16, 5.0
#: Of an answer after which the rest of the body would be taken for the next request.
CLOSE = {"Connection": "close"}


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
        send = limited.seeing_off(send)
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
        told: Mapping[str, str] = {}
        if not request.scope["path"].startswith(FREE):
            try:
                status, reason, headers = await self._admitted(request)
            except DATABASE_TROUBLE:
                return unavailable(request)
            verdict = self._take(state["caller"])
            if verdict and not verdict.allowed:
                return self._too_many(request, verdict)
            told = self._told(verdict, state["caller"]) if verdict else {}
            if status:
                return problem(request, status, reason, headers={**headers, **told})
            state["verdict"] = verdict
        if body.refuses(request.headers):
            return problem(request, 413, body.reason, headers={**told, **CLOSE})
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
        self._ended = False
        self._refused = False
        self._waits = False  #: the client sends its body only when it is asked for it
        self.reason = f"the body is larger than {most} bytes; send less"

    def refuses(self, headers: Headers) -> bool:
        """Whether the request says itself that it is too large; nothing of it is passed on then."""
        length = headers.get("content-length", "")
        self._refused = length.isdecimal() and int(length) > self._most
        self._waits = headers.get("expect", "").lower() == "100-continue"
        return self._refused

    def seeing_off(self, send: Send) -> Send:
        """A way for the answer: after a refusal the connection stays until the client had its say."""

        async def see_off(message: Message) -> None:
            if self._refused and message["type"] == "http.response.body":
                await send({**message, "more_body": True})
                await self._drain()
                message = {**message, "body": b""}
            await send(message)

        return see_off

    async def __call__(self) -> Message:
        message = await self._next()
        if self._read > self._most:
            self._refused = True
            raise HTTPException(413, self.reason, CLOSE)
        return message

    async def _next(self) -> Message:
        self._waits = False  # the server asks for the body when it is first read
        message = await self._receive()
        self._read += len(message.get("body", b""))
        self._ended = not message.get("more_body")
        return message

    async def _drain(self) -> None:
        """Read what is still to come, within reason; nothing of a client that waits to be asked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not self._ended and not self._waits and self._read < self._most * DRAINED:
                    await self._next()
