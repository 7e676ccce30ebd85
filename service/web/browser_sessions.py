"""Browser sessions: the cookie of a signed-in person, and the lookup of its session.

The API takes the cookie for reading only. Of the requests that change something, only the forms of
the desk and of operations take it, and each of them needs the token of the session.
"""

from collections import OrderedDict

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from service.domain.access.roles import hash_secret
from service.store.access import browser_sessions
from service.store.access.browser_sessions import BrowserSession
from service.store.database.sessions import Sessions
from service.web.dependencies import Clock

#: Browsers accept the first name over TLS only, and only from this host itself.
SECURE_COOKIE, COOKIE = "__Host-samestory", "samestory_session"
#: Paths whose forms take the cookie.
FORM_PATHS = ("/desk", "/operations", "/sign-out")
MAX_SEEN = 1000


class BrowserSessions:
    """Finds sessions by token.

    Each request reads the database, so a sign-out or a revoked key ends the session in all
    processes at once.
    """

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def has_seen(self, token: str) -> bool:
        """Whether this process has found a session with this token; it may have ended since."""
        return hash_secret(token) in self._seen

    async def find(self, token: str) -> BrowserSession | None:
        """Return the session if it is valid; raises SQLAlchemyError without a database."""

        def read() -> BrowserSession | None:
            with self._sessions() as session:
                return browser_sessions.find(session, token, now=self._clock())

        stored = await run_in_threadpool(read)
        if stored is not None:
            self._seen[hash_secret(token)] = None
            while len(self._seen) > MAX_SEEN:
                self._seen.popitem(last=False)
        return stored


def session_token(request: Request) -> str | None:
    """Token of the session cookie, for requests that may use it; None otherwise."""
    takes_cookie = request.method == "GET" or request.scope["path"].startswith(FORM_PATHS)
    return request.cookies.get(cookie_name(request)) if takes_cookie else None


def cookie_name(request: Request) -> str:
    """Name of the session cookie, by the scheme of the request."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def set_cookie(request: Request, response: Response, token: str, *, seconds: int) -> None:
    """Store the session in the browser for the given time."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(request), token, seconds, secure=secure, httponly=True, samesite="lax"
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Remove the session from the browser."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), secure=secure, httponly=True, samesite="lax")
