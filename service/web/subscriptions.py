"""Pages of a subscriber, reached by signed links without login: confirm, preferences, unsubscribe.

Opening a link changes nothing, since mail programs open links ahead of their readers; a POST does,
and needs neither cookies nor any field (RFC 8058).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.digest_wishes import DAYS, LISTS, Wishes
from service.errors import BadInputError, NotFoundError
from service.mail.signing import number_of, token
from service.store import issues, secrets, subscribers
from service.store.subscribers import Subscriber
from service.web.context import Context, ReadSession, Web

router = APIRouter(prefix="/digest", default_response_class=HTMLResponse, include_in_schema=False)
Token = Annotated[str, Path(max_length=100)]
Fields = Mapping[str, Sequence[str]]

#: Bytes of a form that are read.
LARGEST = 65_536
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
    return _page(web, "confirm.html", reader=_reader(session, "confirm", signed), signed=signed)


@router.post("/confirm/{signed}")
def confirm(web: Context, signed: Token) -> HTMLResponse:
    """The second half of the opt-in."""
    with web.sessions.begin() as session:
        reader = _reader(session, "confirm", signed)
        reader = subscribers.confirm(session, reader.id, now=web.clock())
        key = _key(session)
    preferences = token(key, "preferences", reader.id)
    return _page(web, "confirm.html", reader=reader, signed=signed, preferences=preferences)


@router.get("/preferences/{signed}")
def preferences_page(
    session: ReadSession, web: Context, signed: Token, *, saved: bool = False
) -> HTMLResponse:
    """What somebody wants, as a form."""
    return _preferences(web, _reader(session, "preferences", signed), signed, saved=saved)


@router.post("/preferences/{signed}", response_model=None)
def save_preferences(web: Context, signed: Token, fields: Form) -> HTMLResponse | RedirectResponse:
    """Keep what the form says, or say what is wrong with it."""
    with web.sessions.begin() as session:
        reader = _reader(session, "preferences", signed)
        try:
            wishes = _wishes(fields)
            rhythm, taste = wishes.rhythm(reader.rhythm), wishes.taste(reader.taste)
        except BadInputError as error:
            return _preferences(web, reader, signed, error=str(error))
        subscribers.change(session, reader.id, rhythm, taste, now=web.clock())
    return RedirectResponse(f"/digest/preferences/{signed}?saved=true", 303, PRIVATE)


@router.get("/unsubscribe/{signed}")
def unsubscribe_page(session: ReadSession, web: Context, signed: Token) -> HTMLResponse:
    """Ask whether the digest is to stop."""
    reader = _reader(session, "unsubscribe", signed)
    return _page(web, "unsubscribe.html", reader=reader, signed=signed)


@router.post("/unsubscribe/{signed}")
def unsubscribe(web: Context, signed: Token) -> HTMLResponse:
    """Stop the digest at once; again and again changes nothing."""
    with web.sessions.begin() as session:
        reader = _reader(session, "unsubscribe", signed)
        subscribers.stop(session, reader.id, "unsubscribed")
        reader = subscribers.get(session, reader.id)
    return _page(web, "unsubscribe.html", reader=reader, signed=signed)


@router.get("/issues/{signed}")
def issue_page(session: ReadSession, web: Context, signed: Token) -> HTMLResponse:
    """An issue as it was sent."""
    issue = issues.get(session, _number(session, "issues", signed))
    return _page(web, "issue.html", issue=issue, digest=issue.digest)


def _key(session: Session) -> bytes:
    return secrets.known(session, secrets.LINKS) or b""


def _number(session: Session, purpose: str, signed: str) -> int:
    key = _key(session)
    number = number_of(key, purpose, signed) if key else None
    if number is None:
        raise NotFoundError("page", "at this address; the link may have been cut off in the email")
    return number


def _reader(session: Session, purpose: str, signed: str) -> Subscriber:
    return subscribers.get(session, _number(session, purpose, signed))


def _wishes(fields: Fields) -> Wishes:
    """What a form says; a field that it lacks leaves things as they are."""
    given = {name: values[0] for name, values in fields.items()}
    wishes: dict[str, Any] = {
        name: given[name] for name in ("zone", "language", *LISTS) if name in given
    }
    for name in ("hour", "min_independent"):
        if name in given:
            wishes[name] = _whole(given[name])
    if "zone" in given:  # a form without any day ticked says nothing of days
        wishes["days"] = ",".join(fields.get("days", ()))
    return Wishes(**wishes)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < len("10000")):
        raise BadInputError(f"{text!r} is no whole number")
    return int(text)


def _preferences(
    web: Web, reader: Subscriber, signed: str, *, saved: bool = False, error: str = ""
) -> HTMLResponse:
    return _page(
        web,
        "preferences.html",
        status=422 if error else 200,
        reader=reader,
        signed=signed,
        saved=saved,
        error=error,
        days=DAYS,
        zones=sorted(available_timezones()),
    )


def _page(web: Web, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    found = web.templates.get_template(template).render(now=web.clock(), **values)
    return HTMLResponse(found, status, PRIVATE)
