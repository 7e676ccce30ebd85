"""Pages of a subscriber, reached by signed links without login: confirm, preferences, unsubscribe.

Opening a link changes nothing, since mail programs open links ahead of their readers; a POST does,
and needs neither cookies nor any field (RFC 8058).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.subscribers.digest_preferences import DAYS, LISTS, Wishes
from service.errors import BadInputError, NotFoundError
from service.mail.signed_links import number_of, token
from service.store.subscribers import alerts, editions, link_keys, subscribers
from service.store.subscribers.email_stats import past_emails
from service.store.subscribers.subscribers import Subscriber
from service.web.dependencies import Context, ReadSession, Web

router = APIRouter(prefix="/digest", default_response_class=HTMLResponse, include_in_schema=False)
Token = Annotated[str, Path(max_length=100)]
Fields = Mapping[str, Sequence[str]]

#: Bytes of a form that are read.
LARGEST = 65_536
#: What links to feeds of alerts are signed for.
FEEDS = "feeds"
#: Past emails that a reader finds on the page of preferences.
PAST = 30
#: These pages are for one reader only.
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


async def form(request: Request) -> Fields:
    """The fields of a form, none if it is larger than `LARGEST` or no form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, "the form is too large")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


Form = Annotated[Fields, Depends(form)]


@router.get("/confirm/{signed}")
def confirm_page(session: ReadSession, web: Context, signed: Token) -> HTMLResponse:
    """Ask once more before the digest comes."""
    return page(web, "confirm.html", reader=owner_of(session, "confirm", signed), signed=signed)


@router.post("/confirm/{signed}")
def confirm(web: Context, signed: Token) -> HTMLResponse:
    """The second half of the opt-in."""
    with web.sessions.begin() as session:
        reader = owner_of(session, "confirm", signed)
        reader = subscribers.confirm(session, reader.id, now=web.clock())
        key = link_key(session)
    preferences = token(key, "preferences", reader.id)
    return page(web, "confirm.html", reader=reader, signed=signed, preferences=preferences)


@router.get("/preferences/{signed}")
def preferences_page(
    session: ReadSession, web: Context, signed: Token, *, saved: bool = False
) -> HTMLResponse:
    """What somebody wants, as a form."""
    return preferences_form(
        session, web, owner_of(session, "preferences", signed), signed, saved=saved
    )


@router.post("/preferences/{signed}", response_model=None)
def save_preferences(web: Context, signed: Token, fields: Form) -> HTMLResponse | RedirectResponse:
    """Keep what the form says, or say what is wrong with it."""
    with web.sessions.begin() as session:
        reader = owner_of(session, "preferences", signed)
        try:
            wishes = _wishes(fields)
            rhythm, taste = wishes.rhythm(reader.rhythm), wishes.taste(reader.taste)
        except BadInputError as error:
            return preferences_form(session, web, reader, signed, error=str(error))
        subscribers.change(session, reader.id, rhythm, taste, now=web.clock())
    return RedirectResponse(f"/digest/preferences/{signed}?saved=true", 303, PRIVATE)


@router.get("/unsubscribe/{signed}")
def unsubscribe_page(session: ReadSession, web: Context, signed: Token) -> HTMLResponse:
    """Ask whether the digest is to stop."""
    reader = owner_of(session, "unsubscribe", signed)
    return page(web, "unsubscribe.html", reader=reader, signed=signed)


@router.post("/unsubscribe/{signed}")
def unsubscribe(web: Context, signed: Token) -> HTMLResponse:
    """Stop the digest at once; again and again changes nothing."""
    with web.sessions.begin() as session:
        reader = owner_of(session, "unsubscribe", signed)
        subscribers.stop(session, reader.id, "unsubscribed")
        reader = subscribers.get(session, reader.id)
    return page(web, "unsubscribe.html", reader=reader, signed=signed)


@router.get("/issues/{signed}")
def issue_page(session: ReadSession, web: Context, signed: Token) -> HTMLResponse:
    """An issue as it was sent."""
    issue = editions.get(session, signed_number(session, "issues", signed))
    firsts = [(each, timedelta(seconds=each.ahead)) for each in issue.digest.firsts]
    return page(web, "issue.html", issue=issue, digest=issue.digest, firsts=firsts)


def link_key(session: Session) -> bytes:
    """The key of all links; empty as long as there are none."""
    return link_keys.known(session, link_keys.LINKS) or b""


def signed_number(session: Session, purpose: str, signed: str) -> int:
    """The number that a link was signed for; NotFoundError if it was not."""
    key = link_key(session)
    number = number_of(key, purpose, signed) if key else None
    if number is None:
        raise NotFoundError("page", "at this address; the link may have been cut off in the email")
    return number


def owner_of(session: Session, purpose: str, signed: str) -> Subscriber:
    """Whose link it is; NotFoundError if it was not signed."""
    return subscribers.get(session, signed_number(session, purpose, signed))


def _wishes(fields: Fields) -> Wishes:
    """What a form says; a field that it lacks leaves things as they are."""
    given = {name: values[0] for name, values in fields.items()}
    wishes: dict[str, Any] = {
        name: given[name] for name in ("zone", "language", *LISTS) if name in given
    }
    for name in ("hour", "min_independent"):
        if name in given:
            wishes[name] = whole_number(given[name])
    if "zone" in given:  # a form without any day ticked says nothing of days
        wishes["days"] = ",".join(fields.get("days", ()))
    return Wishes(**wishes)


def whole_number(text: str) -> int:
    """A number of a form; BadInputError if it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < len("10000")):
        raise BadInputError(f"{text!r} is no whole number")
    return int(text)


def preferences_form(
    session: Session,
    web: Web,
    reader: Subscriber,
    signed: str,
    *,
    saved: bool = False,
    error: str = "",
) -> HTMLResponse:
    """The page of preferences, with what is wrong with them."""
    key = link_key(session)
    return page(
        web,
        "preferences.html",
        status=422 if error else 200,
        reader=reader,
        signed=signed,
        saved=saved,
        error=error,
        days=DAYS,
        zones=sorted(available_timezones()),
        alerts=[
            (each, token(key, FEEDS, each.id))
            for each in alerts.of_subscribers(session, [reader.id]).get(reader.id, [])
        ],
        past=[
            (each, token(key, "issues", each.id))
            for each in past_emails(session, reader.id, limit=PAST)
        ],
    )


def page(web: Web, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for one reader only."""
    found = web.templates.get_template(template).render(now=web.clock(), **values)
    return HTMLResponse(found, status, PRIVATE)
