"""Pages of signed-in people: required roles, rendering, and the redirect to the sign-in page."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from service.domain.access.roles import Role
from service.store.access.browser_sessions import BrowserSession
from service.store.access.keys import Key
from service.web.dependencies import WebContext
from service.web.middleware.access import sign_in_path
from service.web.rendering.pages import render_template


class SignInRequiredError(Exception):
    """The page needs a signed-in person; rendered as a redirect to the sign-in page."""


class RequirePerson:
    """Dependency of pages: the session of a signed-in person, with `role` if it is given.

    Raises:
        SignInRequiredError: the request has no session.
        HTTPException: 403, the key of the session lacks the role.
    """

    def __init__(self, role: Role | None = None) -> None:
        self.role = role

    def __call__(self, request: Request) -> BrowserSession:
        browser_session: BrowserSession | None = getattr(request.state, "browser_session", None)
        if browser_session is None:
            raise SignInRequiredError
        if self.role is not None and self.role not in browser_session.key.roles:
            roles = ", ".join(sorted(browser_session.key.roles))
            raise HTTPException(
                403,
                f"This page needs the role {self.role}; your key has: {roles}. "
                "Sign in with another key",
            )
        return browser_session


Person = Annotated[BrowserSession, Depends(RequirePerson())]
Editor = Annotated[BrowserSession, Depends(RequirePerson(Role.EDITOR))]
Admin = Annotated[BrowserSession, Depends(RequirePerson(Role.ADMIN))]


def render(
    web: WebContext, template: str, *, key: Key | None = None, status: int = 200, **values: object
) -> HTMLResponse:
    """Render a page of the desk or of operations; `key` is that of the signed-in person."""
    html = render_template(web, template, key=key, **values)
    return HTMLResponse(html, status)


def see_other(path: str) -> RedirectResponse:
    """Redirect after a form, so that a reload of the page does not send it again."""
    return RedirectResponse(path, 303)


def add_exception_handler(app: FastAPI) -> None:
    """Redirect people who are not signed in; after the sign-in, a GET request is repeated."""

    async def redirect(request: Request, error: Exception) -> Response:
        if not isinstance(error, SignInRequiredError):
            raise error
        return see_other(sign_in_path(request) if request.method == "GET" else "/sign-in")

    app.add_exception_handler(SignInRequiredError, redirect)
