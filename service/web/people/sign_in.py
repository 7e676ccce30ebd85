"""`/sign-in` and `/sign-out`: browser sessions of people with an API key."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from service.domain.access.roles import MAX_SECRET_LENGTH, Role
from service.store.access import browser_sessions
from service.store.access.keys import Key
from service.web.browser_sessions import clear_cookie, cookie_name, set_cookie
from service.web.dependencies import WebContext, WebContextDep
from service.web.pages.subscriptions import PRIVATE, FormDep
from service.web.people.forms import TOKEN_FIELD, Form, PostedForm, verify_token
from service.web.people.pages import Person, render, see_other

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Cookie with the token of the sign-in form, which is sent before there is a session.
FORM_COOKIE = "samestory_sign_in"
INVALID_KEY = "This key is unknown, expired or revoked. Check it, or ask an admin for a new one"
#: As long as any URL that the server accepts: a search may have many conditions.
NextPage = Annotated[str, Query(alias="next", max_length=65_536)]


@router.get("/sign-in", response_model=None)
def sign_in_page(
    request: Request, web: WebContextDep, next_page: NextPage = ""
) -> HTMLResponse | RedirectResponse:
    """Sign-in form; people who are already signed in are redirected to the next page."""
    current = getattr(request.state, "browser_session", None)
    if current is not None:
        return see_other(_target(next_page, current.key))
    return _render_form(request, web, next_page)


@router.post("/sign-in", response_model=None)
def sign_in(
    request: Request, web: WebContextDep, fields: FormDep
) -> HTMLResponse | RedirectResponse:
    """Start a session with a new token, and end the earlier session of the browser."""
    form = Form(fields)
    verify_token(request, request.cookies.get(FORM_COOKIE, ""), form.text(TOKEN_FIELD))
    secret, duration = form.text("key"), timedelta(hours=web.settings.access.session_hours)
    now = web.clock()
    with web.sessions.begin() as session:
        token = None
        if len(secret) <= MAX_SECRET_LENGTH:
            token = browser_sessions.sign_in(session, secret, now=now, duration=duration)
        if token is None:
            return _render_form(request, web, form.text("next"), error=INVALID_KEY)
        if earlier := request.cookies.get(cookie_name(request)):
            browser_sessions.sign_out(session, earlier)
        browser_session = browser_sessions.find(session, token, now=now)
    response = see_other(
        _target(form.text("next"), browser_session.key) if browser_session else "/"
    )
    set_cookie(request, response, token, seconds=int(duration.total_seconds()))
    response.delete_cookie(FORM_COOKIE, "/sign-in")
    return response


@router.post("/sign-out", response_model=None)
def sign_out(
    request: Request, web: WebContextDep, _: Person, _form: PostedForm
) -> RedirectResponse:
    """End the session at once, in all processes."""
    with web.sessions.begin() as session:
        browser_sessions.sign_out(session, request.cookies.get(cookie_name(request), ""))
    response = see_other("/")
    clear_cookie(request, response)
    return response


def _render_form(
    request: Request, web: WebContext, next_page: str, *, error: str = ""
) -> HTMLResponse:
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    response = render(
        web,
        "desk/sign_in.html",
        status=403 if error else 200,
        next_page=next_page,
        token=token,
        error=error,
        hours=web.settings.access.session_hours,
    )
    response.headers.update(PRIVATE)
    secure = request.url.scheme == "https"
    response.set_cookie(
        FORM_COOKIE, token, path="/sign-in", secure=secure, httponly=True, samesite="strict"
    )
    return response


def _target(next_page: str, key: Key) -> str:
    """The page after the sign-in: a path of this site, or the first page of the key's role."""
    is_path = next_page.startswith("/") and not next_page.startswith(("//", "/\\"))
    if is_path and next_page.isprintable() and not next_page.startswith("/sign-"):
        return next_page
    if Role.EDITOR in key.roles:
        return "/desk"
    return "/operations" if Role.ADMIN in key.roles else "/"
