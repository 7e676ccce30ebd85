"""Pages and forms of signed-in people: required roles, CSRF tokens, fields, redirects.

A form changes something only if it contains the token of the session. Another site cannot read that
token. The cookie is also SameSite, and browsers mark requests of other sites.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote, urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from service.domain.access.roles import Role
from service.domain.editing.effects import MAX_ID
from service.errors import BadInputError
from service.store.access.browser_sessions import BrowserSession
from service.store.access.keys import Key
from service.web.dependencies import WebContext
from service.web.middleware.access import sign_in_path
from service.web.pages.subscriptions import FormDep
from service.web.rendering.pages import render_template

#: Name of the hidden field with the token.
TOKEN_FIELD = "form_token"  # noqa: S105  # a name
INVALID_TOKEN = "This form is out of date. Reload the page, then send it again"  # noqa: S105
OTHER_SITE = "Forms of other sites are rejected. Open the page on this site and send it there"


class SignInRequiredError(Exception):
    """The page needs a signed-in person; rendered as a redirect to the sign-in page."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields of a submitted form, without surrounding spaces."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """The first value of a field; empty if it is missing."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def ids(self, name: str) -> list[int]:
        """Ids in all values of a field; raises BadInputError for another text."""
        return [_parse_id(name, value.strip()) for value in self.fields.get(name, ())]

    def id(self, name: str) -> int:
        """The id in a field; raises BadInputError if it is missing or invalid."""
        return _parse_id(name, self.text(name))


def _parse_id(name: str, value: str) -> int:
    digits = value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_ID))
    if not digits or not 0 < int(value) <= MAX_ID:
        raise BadInputError(f"Invalid {name} {value[:40]!r}: expected an id")
    return int(value)


def local_path(text: str) -> str:
    """A path of the desk, or `/desk` for any other text."""
    is_desk = text == "/desk" or text.startswith(("/desk/", "/desk?"))
    return text if is_desk and text.isprintable() else "/desk"


def parse_story(text: str) -> str:
    """Read the id of a story from an id or from the address of its page.

    Raises:
        BadInputError: the text is empty, or an address without a story.
    """
    if "/" not in text:
        if not text:
            raise BadInputError("No story: enter the id of a story or the address of its page")
        return text
    parts = urlsplit(text).path.split("/")
    if "stories" not in parts[:-1] or not (story_id := parts[parts.index("stories") + 1]):
        raise BadInputError(f"Invalid story {text[:80]!r}: expected an id or /stories/ID")
    return unquote(story_id)


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


def verify_form(request: Request, person: Person, fields: FormDep) -> Form:
    """Dependency: the form of a signed-in person.

    Raises:
        HTTPException: 403, the token is wrong or another site sent the form.
    """
    verify_token(request, person.form_token, next(iter(fields.get(TOKEN_FIELD, ())), ""))
    return Form(fields)


def verify_token(request: Request, expected: str, given: str) -> None:
    """Check the token of a form; raises HTTPException (403)."""
    # Not `Origin`: it is `null`, because the pages send no referrer.
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise HTTPException(403, OTHER_SITE)
    if not expected or not secrets.compare_digest(expected.encode(), given.encode()):
        raise HTTPException(403, INVALID_TOKEN)


PostedForm = Annotated[Form, Depends(verify_form)]


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
