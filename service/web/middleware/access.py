"""Access middleware: authenticates each request and applies the rate and body size limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.access.rate_limit import Quota, RateLimitResult
from service.settings.load import Settings
from service.web.browser_sessions import BrowserSessions, session_token
from service.web.middleware.authenticate import (
    AUTHENTICATION_REQUIRED,
    BASIC_CHALLENGE,
    BEARER_CHALLENGE,
    INVALID_KEY,
    INVALID_KEY_CHALLENGE,
    ApiClient,
    KeyCache,
    client_address,
    extract_secret,
)
from service.web.middleware.body_limit import CLOSE_CONNECTION, LimitedBody
from service.web.middleware.rate_limit import Exchange, RateLimiter
from service.web.middleware.shared_reads import store_counter
from service.web.rendering.viewer import current_viewer
from service.web.requests.problems import DATABASE_ERRORS, expects_html, problem, unavailable

#: No key and no rate limit: probes and static files.
UNRESTRICTED = ("/healthz", "/readyz", "/static/")
#: No key, but a rate limit: the API documentation, the icon and robots.txt contain no stored data,
#: and signed links of subscribers need no key.
KEYLESS = ("/docs", "/openapi.json", "/digest/", "/sign-in", "/favicon.ico", "/robots.txt")
#: Pages of a signed-in person depend on the person, and must not stay visible after the sign-out.
PERSONAL = {"Cache-Control": "private, no-store"}
SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Settings of `AccessMiddleware`."""

    read_without_key: bool
    quota: Quota
    max_body_bytes: int

    @classmethod
    def from_settings(cls, settings: Settings) -> "AccessPolicy":
        """The policy of the section `[access]`; the default for reads depends on `web.host`."""
        return cls(
            read_without_key=settings.access.is_open(settings.web.host),
            quota=Quota(settings.access.requests_per_minute),
            max_body_bytes=settings.access.max_body_bytes,
        )


class AccessMiddleware:
    """Rejects requests with 401, 413 or 429, or sets `client` in the request state."""

    def __init__(
        self,
        app: ASGIApp,
        policy: AccessPolicy,
        key_cache: KeyCache,
        browser_sessions: BrowserSessions,
        exchange: Exchange | None = None,
    ) -> None:
        self.app = app
        self._policy = policy
        self._key_cache = key_cache
        self._browser_sessions = browser_sessions
        self._limiter = RateLimiter(policy.quota, exchange)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        body = LimitedBody(receive, self._policy.max_body_bytes)
        send = body.discard_after_rejection(send)
        if rejection := await self._check_request(request, body):
            await rejection(scope, receive, send)
            return
        state = scope["state"]
        limit: RateLimitResult | None = state.get("rate_limit")
        added = self._limiter.headers(limit, state["client"]) if limit else {}
        viewer = state.get("browser_session")
        if viewer is not None:
            added = {**added, **PERSONAL}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"]).update(added)
            await send(message)

        previous = current_viewer.set(viewer)
        try:
            await self.app(scope, body, send_with_headers if added else send)
        finally:
            current_viewer.reset(previous)

    async def _check_request(self, request: Request, body: LimitedBody) -> Response | None:
        """Return the error response of a rejected request, or None if it may continue."""
        state = request.scope.setdefault("state", {})
        state["client"] = ApiClient(None, client_address(request))
        limit_headers: Mapping[str, str] = {}
        if not request.scope["path"].startswith(UNRESTRICTED):
            if limit := self._limit_of_unknown_key(request):
                retry = {"Retry-After": str(limit.retry_after)}
                return problem(request, 429, self._limiter.reason(limit), headers=retry)
            try:
                rejection = await self._authenticate(request)
            except DATABASE_ERRORS:
                return unavailable(request)
            limit = self._limiter.take(state["client"])
            limit_headers = self._limiter.headers(limit, state["client"]) if limit else {}
            if limit and not limit.allowed:
                headers = {"Retry-After": str(limit.retry_after), **limit_headers}
                return problem(request, 429, self._limiter.reason(limit), headers=headers)
            if rejection:
                rejection.headers.update(limit_headers)
                return rejection
            state["rate_limit"] = limit
        if not body.check_headers(request.headers):
            headers = {**limit_headers, **CLOSE_CONNECTION}
            return problem(request, 413, body.reason, headers=headers)
        return None

    def _limit_of_unknown_key(self, request: Request) -> RateLimitResult | None:
        """The exceeded limit of an address that sends keys unknown to this process.

        Each invalid key counts for its address. Above the limit, a guess needs no database query.
        """
        secret, token = self._secret(request), session_token(request)
        if secret is None and (token is None or self._browser_sessions.has_seen(token)):
            return None
        if secret is not None and self._key_cache.has_seen(secret):
            return None
        limit = self._limiter.peek(request.scope["state"]["client"])
        return limit if limit and not limit.allowed else None

    def _secret(self, request: Request) -> str | None:
        # Browsers send Basic credentials on their own, also for requests that another site
        # triggers. They are therefore accepted for reading only.
        basic = not self._policy.read_without_key and request.method == "GET"
        return extract_secret(request, accept_basic=basic)

    async def _authenticate(self, request: Request) -> Response | None:
        """Set the client of the request; return the response of a rejection, or None.

        Without a key, a page redirects to the sign-in.
        """
        state = request.scope["state"]
        secret = self._secret(request)
        if secret is not None:
            counter = await self._key_cache.read_counter()
            store_counter(request.scope, counter)
            key = await self._key_cache.find(secret, counter)
            if key is None:
                challenge = BASIC_CHALLENGE if expects_html(request) else INVALID_KEY_CHALLENGE
                return problem(request, 401, INVALID_KEY, headers=challenge)
            state["client"] = ApiClient(key, state["client"].address)
            state["secret"] = secret
        elif (token := session_token(request)) is not None and (
            browser_session := await self._browser_sessions.find(token)
        ):
            state["client"] = ApiClient(browser_session.key, state["client"].address)
            state["browser_session"] = browser_session
        elif not self._policy.read_without_key and not request.scope["path"].startswith(KEYLESS):
            if expects_html(request) and request.method == "GET":
                headers = {"Cache-Control": "no-store", "Location": sign_in_path(request)}
                return Response(status_code=SEE_OTHER, headers=headers)
            return problem(request, 401, AUTHENTICATION_REQUIRED, headers=BEARER_CHALLENGE)
        return None


def sign_in_path(request: Request) -> str:
    """Path of the sign-in page that returns to the requested page."""
    query = request.scope["query_string"].decode("latin-1")
    page = request.scope["path"] + (f"?{query}" if query else "")
    return f"/sign-in?next={quote(page, safe='', errors='replace')}"
