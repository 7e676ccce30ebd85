"""Pages of a subscriber's alerts, reached by signed links without login.

As with the other pages of a subscriber, opening a link changes nothing, and a POST does.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.subscribers.alert_preferences import query
from service.errors import BadInputError, NotFoundError
from service.mail.signed_links import token
from service.store.subscribers import alerts, subscribers
from service.web.dependencies import Context, ReadSession
from service.web.pages.subscriptions import (
    PRIVATE,
    Fields,
    Form,
    Token,
    link_key,
    owner_of,
    page,
    preferences_form,
    signed_number,
    whole_number,
)

router = APIRouter(prefix="/digest", default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/alerts/{signed}")
def alert_page(session: ReadSession, web: Context, signed: Token) -> HTMLResponse:
    """Ask whether an alert is to stop."""
    found = alerts.get(session, signed_number(session, "alerts", signed))
    reader = subscribers.get(session, found.subscriber)
    return page(web, "alert.html", reader=reader, found=found, signed=signed)


@router.post("/alerts/{signed}")
def stop_alert(web: Context, signed: Token) -> HTMLResponse:
    """Stop one alert at once; the digest and other alerts go on."""
    with web.sessions.begin() as session:
        number = signed_number(session, "alerts", signed)
        alerts.stop(session, number, now=web.clock())
        found = alerts.get(session, number)
        reader = subscribers.get(session, found.subscriber)
        preferences = token(link_key(session), "preferences", reader.id)
    return page(
        web, "alert.html", reader=reader, found=found, signed=signed, preferences=preferences
    )


@router.post("/preferences/{signed}/alerts", response_model=None)
def add_alert(web: Context, signed: Token, fields: Form) -> HTMLResponse | RedirectResponse:
    """Save a query, or say what is wrong with it."""
    with web.sessions.begin() as session:
        reader = owner_of(session, "preferences", signed)
        try:
            _add(session, reader.id, fields, now=web.clock())
        except BadInputError as error:
            return preferences_form(session, web, reader, signed, error=str(error))
    return RedirectResponse(f"/digest/preferences/{signed}?saved=true#alerts", 303, PRIVATE)


@router.post("/preferences/{signed}/alerts/{number}/stop", response_model=None)
def remove_alert(
    web: Context, signed: Token, number: Annotated[int, Path(ge=1, lt=1 << 62)]
) -> RedirectResponse:
    """Stop an alert of this subscriber; NotFoundError if it is somebody else's."""
    with web.sessions.begin() as session:
        reader = owner_of(session, "preferences", signed)
        if alerts.get(session, number).subscriber != reader.id:
            raise NotFoundError("alert", number)
        alerts.stop(session, number, now=web.clock())
    return RedirectResponse(f"/digest/preferences/{signed}?saved=true#alerts", 303, PRIVATE)


def _add(session: Session, reader: int, fields: Fields, *, now: datetime) -> None:
    given = {name: values[0] for name, values in fields.items()}
    lists = {name: given.get(name, "") for name in ("words", "entities", "outlets", "countries")}
    asked = query(**lists, min_independent=whole_number(given.get("min_independent") or "1"))
    alerts.add(session, reader, asked, now=now)
