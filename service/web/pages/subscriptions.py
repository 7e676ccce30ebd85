"""Subscriber pages without login, reached by signed links: confirm, preferences, unsubscribe.

GET changes nothing, because mail programs open links in advance. POST makes the change, without
cookies or form fields (RFC 8058). The preferences page sets a cookie that only `/follow` reads.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.subscribers.digests.preferences import DAYS, LIST_FIELDS, SubscriptionChange
from service.errors import BadInputError, NotFoundError
from service.mail.signed_links import (
    confirm_purpose,
    find_request,
    last_day_of,
    read_number,
    sign_token,
    verify_token,
)
from service.store.catalogue.choices import load_choices
from service.store.subscribers import alerts, editions, link_keys, subscribers
from service.store.subscribers.email_stats import list_sent_emails
from service.store.subscribers.subscribers import Subscriber
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.rendering.pages import render_template
from service.web.requests.preferences_cookie import remember

router = APIRouter(prefix="/digest", default_response_class=HTMLResponse, include_in_schema=False)
Token = Annotated[str, Path(max_length=100)]
FormFields = Mapping[str, Sequence[str]]

#: Maximum size of a form in bytes.
MAX_FORM_BYTES = 65_536
#: Purpose of the tokens in links to alert feeds.
FEEDS = "feeds"
EXPIRED = "This link has expired. Use the link in the latest email, or ask for a new one"
SUPERSEDED = (
    "This link belongs to an earlier request and changed nothing. Use the link in the latest email"
)
REMOVED = "This subscription was deleted; no emails are sent"
#: Number of sent emails listed on the preferences page.
MAX_SENT_EMAILS = 30
#: Number of saved queries that the form of a new alert offers.
MAX_SAVED_QUERIES = 200
#: Keeps these personal pages out of shared caches and search engines.
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


async def read_form(request: Request) -> FormFields:
    """Parse a submitted form; 413 above `MAX_FORM_BYTES`, empty for other content."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise HTTPException(413, f"The form exceeds {MAX_FORM_BYTES} bytes")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


FormDep = Annotated[FormFields, Depends(read_form)]


@router.get("/confirm/{token}")
def confirm_page(session: ReadSession, web: WebContextDep, token: Token) -> HTMLResponse:
    """Show the button that confirms a subscription."""
    subscriber = _get_requester(session, web, token)
    return render_page(web, "confirm.html", subscriber=subscriber, token=token)


@router.post("/confirm/{token}")
def confirm(web: WebContextDep, token: Token) -> HTMLResponse:
    """Activate a pending subscription."""
    with web.sessions.begin() as session:
        requester = _get_requester(session, web, token)
        subscriber = subscribers.confirm(
            session, requester.id, now=web.clock(), request_number=requester.request_number
        )
        preferences = make_token(session, web, "preferences", subscriber.id)
    return render_page(
        web, "confirm.html", subscriber=subscriber, token=token, preferences=preferences
    )


@router.get("/preferences/{token}")
def preferences_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    token: Token,
    *,
    saved: bool = False,
) -> HTMLResponse:
    """Show a subscriber's preferences, alerts and sent emails; remember the link for `/follow`."""
    subscriber = get_linked_subscriber(session, web, "preferences", token)
    response = render_preferences(session, web, subscriber, token, saved=saved)
    remember(response, request, token)
    return response


@router.post("/preferences/{token}", response_model=None)
def save_preferences(
    web: WebContextDep, token: Token, fields: FormDep
) -> HTMLResponse | RedirectResponse:
    """Save the submitted preferences; show the form with the error if one is invalid."""
    with web.sessions.begin() as session:
        subscriber = get_linked_subscriber(session, web, "preferences", token)
        try:
            change = parse_change(fields)
            schedule = change.apply_to_schedule(subscriber.schedule)
            filters = change.apply_to_filters(subscriber.filters)
            subscribers.update_preferences(
                session, subscriber.id, schedule, filters, now=web.clock()
            )
        except BadInputError as error:
            return render_preferences(session, web, subscriber, token, error=str(error))
    return RedirectResponse(f"/digest/preferences/{token}?saved=true", 303, PRIVATE)


@router.get("/unsubscribe/{token}")
def unsubscribe_page(session: ReadSession, web: WebContextDep, token: Token) -> HTMLResponse:
    """Show the button that stops all emails."""
    subscriber = get_linked_subscriber(session, web, "unsubscribe", token)
    return render_page(web, "unsubscribe.html", subscriber=subscriber, token=token)


@router.post("/unsubscribe/{token}")
def unsubscribe(web: WebContextDep, token: Token) -> HTMLResponse:
    """Stop all emails immediately; idempotent."""
    with web.sessions.begin() as session:
        subscriber = get_linked_subscriber(session, web, "unsubscribe", token)
        subscribers.stop(session, subscriber.id, "unsubscribed", now=web.clock())
        subscriber = subscribers.get(session, subscriber.id)
    return render_page(web, "unsubscribe.html", subscriber=subscriber, token=token)


@router.get("/editions/{token}")
def edition_page(session: ReadSession, web: WebContextDep, token: Token) -> HTMLResponse:
    """Show a digest or alert email as it was sent."""
    edition = editions.get(session, verify_link(session, web, "editions", token))
    first_reports = [(each, timedelta(seconds=each.ahead)) for each in edition.digest.first_reports]
    return render_page(
        web, "edition.html", edition=edition, digest=edition.digest, first_reports=first_reports
    )


@router.get("/issues/{token}")
def former_edition_page(session: ReadSession, web: WebContextDep, token: Token) -> RedirectResponse:
    """Redirect a link of an email that an earlier version sent."""
    edition = verify_link(session, web, "issues", token)
    link = make_token(session, web, "editions", edition)
    return RedirectResponse(f"/digest/editions/{link}", 308, PRIVATE)


def load_link_key(session: Session) -> bytes:
    """The key that signs links; empty before the first link was created."""
    return link_keys.find_key(session) or b""


def make_token(session: Session, web: WebContext, purpose: str, number: int) -> str:
    """Create the token of a link on a page; it expires like those of an email of today."""
    last_day = last_day_of(web.clock(), web.settings.mail.link_days)
    return sign_token(load_link_key(session), purpose, number, last_day)


def verify_link(session: Session, web: WebContext, purpose: str, token: str) -> int:
    """Return the number in the token of a link.

    Raises:
        NotFoundError: the token is invalid.
        HTTPException: 410, the token has expired.
    """
    key = load_link_key(session)
    content = verify_token(key, purpose, token) if key else None
    if content and content.has_expired(web.clock()):
        raise HTTPException(410, EXPIRED)
    if content is None:
        raise NotFoundError(
            "page",
            purpose,
            "No page at this address; the link may be truncated. Copy the complete link from the "
            "email",
        )
    return content.number


def _get_requester(session: Session, web: WebContext, token: str) -> Subscriber:
    """Return the subscriber of the confirmation link of the latest request.

    Raises:
        NotFoundError: the token is invalid, or the subscriber was removed.
        HTTPException: 410, the token has expired or belongs to an earlier request.
    """
    latest = subscribers.find_request_number(session, read_number(token))
    request = find_request(load_link_key(session), token, latest)
    subscriber = get_linked_subscriber(session, web, confirm_purpose(request), token)
    if request < latest:
        raise HTTPException(410, SUPERSEDED)
    return subscriber


def get_linked_subscriber(
    session: Session, web: WebContext, purpose: str, token: str
) -> Subscriber:
    """Return the subscriber of a signed link.

    Raises:
        NotFoundError: the token is invalid, or the subscriber was removed.
        HTTPException: 410, the token has expired.
    """
    number = verify_link(session, web, purpose, token)
    try:
        return subscribers.get(session, number)
    except NotFoundError as error:
        raise NotFoundError("page", purpose, REMOVED) from error


def parse_change(fields: FormFields) -> SubscriptionChange:
    """Parse a form; missing fields change nothing. Raises BadInputError."""
    values = {name: texts[0] for name, texts in fields.items()}
    preferences: dict[str, Any] = {
        name: values[name] for name in ("time_zone", "language") if name in values
    }
    preferences |= {name: ",".join(fields[name]) for name in LIST_FIELDS if name in fields}
    for name in ("hour", "min_independent"):
        if name in values:
            preferences[name] = parse_integer(values[name])
    if "time_zone" in values:  # a full form without any ticked day has no `days` field
        preferences["days"] = ",".join(fields.get("days", ()))
    return SubscriptionChange(**preferences)


def parse_integer(text: str) -> int:
    """Parse a non-negative integer of a form; raises BadInputError."""
    if not (text.isascii() and text.isdecimal() and len(text) < len("10000")):
        raise BadInputError(f"Invalid number {text!r}: expected an integer from 0 to 9999")
    return int(text)


def render_preferences(
    session: Session,
    web: WebContext,
    subscriber: Subscriber,
    token: str,
    *,
    saved: bool = False,
    error: str = "",
) -> HTMLResponse:
    """Render the preferences page; status 422 with an error."""
    key = load_link_key(session)
    return render_page(
        web,
        "preferences.html",
        status=422 if error else 200,
        subscriber=subscriber,
        token=token,
        saved=saved,
        error=error,
        days=DAYS,
        time_zones=sorted(available_timezones()),
        choices=load_choices(session),
        saved_queries=alerts.list_usable_queries(session, limit=MAX_SAVED_QUERIES),
        alerts=[
            (each, sign_token(key, FEEDS, each.id))
            for each in alerts.list_alerts(session, subscriber.id)
        ],
        sent_emails=[
            (each, make_token(session, web, "editions", each.id))
            for each in list_sent_emails(session, subscriber.id, limit=MAX_SENT_EMAILS)
        ],
    )


def render_page(
    web: WebContext, template: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render a personal page."""
    html = render_template(web, template, **values)
    return HTMLResponse(html, status, PRIVATE)
