"""Scripts of other sites: which may ask, and a problem as everywhere for those that may not."""

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from service.web.requests.problems import problem

METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")
#: Headers that they may send.
ALLOWED = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Modified-Since",
    "If-None-Match",
    "Last-Event-ID",
)
#: Headers of answers that they may read.
EXPOSED = (
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
DAY = 86_400
REFUSED = 400
#: What is said of the body of an answer, which here is another one.
OF_BODY = {"content-length", "content-type"}


class OtherSites(CORSMiddleware):
    """Answers what browsers ask before they let a script ask."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it; a refusal says what is not allowed."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            if {"origin", "access-control-request-method"} <= set(headers):
                answer = self.preflight_response(headers)
                if answer.status_code == REFUSED:
                    kept = {k: v for k, v in answer.headers.items() if k not in OF_BODY}
                    answer = problem(
                        Request(scope),
                        REFUSED,
                        self._reason(headers),
                        kind="other-site",
                        headers=kept,
                    )
                await answer(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _reason(self, asked: Headers) -> str:
        if not self.is_allowed_origin(asked["origin"]):
            return "scripts of this site may not ask here; web.cors_origins names those that may"
        if asked["access-control-request-method"] not in self.allow_methods:
            return f"scripts may ask with {', '.join(self.allow_methods)}"
        return f"scripts may send the headers {', '.join(ALLOWED)}"


def install(app: FastAPI, origins: Sequence[str]) -> None:
    """Let scripts of some sites ask; `*` stands for any."""
    app.add_middleware(
        OtherSites,
        allow_origins=list(origins),
        allow_methods=METHODS,
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
        max_age=DAY,
    )
