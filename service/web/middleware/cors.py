"""CORS for scripts of other origins; rejected preflight requests get a problem response."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.web.requests.problems import problem

METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Modified-Since",
    "If-None-Match",
    "Last-Event-ID",
)
RESPONSE_HEADERS = (
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)
PREFLIGHT_CACHE_SECONDS = 86_400
#: Headers of the original response body, which the problem replaces.
REPLACED_HEADERS = {"content-length", "content-type"}


class CorsMiddleware(CORSMiddleware):
    """Responds to preflight requests; a rejection states the reason."""

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            expose_headers=RESPONSE_HEADERS,
            max_age=PREFLIGHT_CACHE_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Process one request."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            if {"origin", "access-control-request-method"} <= set(headers):
                response = self.preflight_response(headers)
                if response.status_code == HTTPStatus.BAD_REQUEST:
                    response = problem(
                        Request(scope),
                        HTTPStatus.FORBIDDEN,
                        self._rejection_reason(headers),
                        kind="origin-not-allowed",
                        headers={
                            name: value
                            for name, value in response.headers.items()
                            if name not in REPLACED_HEADERS
                        },
                    )
                await response(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _rejection_reason(self, headers: Headers) -> str:
        if not self.is_allowed_origin(headers["origin"]):
            return f"Origin {headers['origin']:.100} not allowed (see web.cors_origins)"
        method = headers["access-control-request-method"]
        if method not in self.allow_methods:
            return f"Method {method:.20} not allowed: use {', '.join(self.allow_methods)}"
        return f"Request header not allowed: use only {', '.join(REQUEST_HEADERS)}"
