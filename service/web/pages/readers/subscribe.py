"""`/subscribe`: request the daily digest; the confirmation email completes the subscription.

The response is the same for all valid addresses, and the address is looked up after the response,
so that it does not reveal subscribed addresses.
"""

from typing import Annotated, Any
from zoneinfo import available_timezones

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from service.domain.access.rate_limit import Quota
from service.domain.field_types import ShortText
from service.domain.subscribers.digests.preferences import DEFAULT_FILTERS, DEFAULT_SCHEDULE
from service.domain.subscribers.digests.schedule import DeliverySchedule
from service.domain.subscribers.filters import Filters
from service.domain.text.email_addresses import normalize_email
from service.errors import (
    AlreadyExistsError,
    BadInputError,
    MailError,
    SettingsError,
    SuppressedAddressError,
)
from service.mail.deliver import send_confirmation
from service.mail.smtp import open_sender
from service.store.access import rate_buckets
from service.store.catalogue.choices import load_choices
from service.store.catalogue.known_names import require_known_names
from service.store.subscribers import subscribers
from service.store.subscribers.opt_in import allow_retry, may_send_confirmation, record_request
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.pages.subscriptions import FormDep, parse_change
from service.web.rendering.meta import page_meta
from service.web.rendering.pages import render_page
from service.web.requests.other_sites import reject_other_site
from service.web.requests.parameters.form_query import FormQuery

log = structlog.get_logger()
router = APIRouter(
    prefix="/subscribe", default_response_class=HTMLResponse, include_in_schema=False
)

DESCRIPTION = "The stories of the day by email, with independent coverage and quoted sentences."
TOO_MANY = "Too many requests from your network: try again in {minutes} minutes"


class SubscribeQuery(FormQuery):
    """Outlets and storylines that the form offers to follow."""

    outlet: list[ShortText] = Field(default=[], max_length=5)
    storyline: list[ShortText] = Field(default=[], max_length=5)


def can_subscribe(web: WebContext) -> bool:
    """Whether readers may subscribe: emails can be sent, and pages are open to everybody."""
    settings = web.settings
    has_site = settings.web.site.startswith(("http://", "https://"))
    is_open = settings.access.is_open(settings.web.host)
    return settings.mail.ready and has_site and is_open and settings.mail.confirmations_per_hour > 0


@router.get("")
def subscribe_page(
    request: Request,
    session: ReadSession,
    web: WebContextDep,
    query: Annotated[SubscribeQuery, Query()],
) -> HTMLResponse:
    """Show the form."""
    return _render_form(request, session, web, outlets=query.outlet, storylines=query.storyline)


@router.post("")
def subscribe(
    request: Request, session: ReadSession, web: WebContextDep, fields: FormDep
) -> HTMLResponse:
    """Accept an address; show the form with the error if a field is invalid."""
    reject_other_site(request)
    outlets = [each for each in fields.get("followed_outlets", ()) if each]
    storylines = [each for each in fields.get("followed_storylines", ()) if each]
    if not can_subscribe(web):
        return _render_form(request, session, web, outlets=outlets, storylines=storylines)
    try:
        address = normalize_email(next(iter(fields.get("address", ())), ""))
        change = parse_change(fields)
        schedule = change.apply_to_schedule(DEFAULT_SCHEDULE)
        filters = change.apply_to_filters(DEFAULT_FILTERS)
        require_known_names(session, outlets=outlets, storylines=storylines)
        _count_request(request, web)
    except BadInputError as error:
        return _render_form(
            request,
            session,
            web,
            outlets=outlets,
            storylines=storylines,
            error=str(error),
            typed=next(iter(fields.get("address", ())), "")[:254],
        )
    response = render_page(web, "subscribe.html", form=None, available=True, error="", sent=True)
    response.background = BackgroundTask(_request_confirmation, web, address, schedule, filters)
    return response


def _count_request(request: Request, web: WebContext) -> None:
    """Count a request of this client; raises BadInputError if it sent too many."""
    quota: Quota = request.app.state.subscription_quota
    seconds = rate_buckets.take(web.sessions, quota, f"subscribe {request.state.client.name}")
    if seconds:
        raise BadInputError(TOO_MANY.format(minutes=int(seconds) // 60 + 1))


def _request_confirmation(
    web: WebContext, address: str, schedule: DeliverySchedule, filters: Filters
) -> None:
    """Add a pending subscriber and send the email, unless a limit is reached."""
    limit, now = web.settings.mail.confirmations_per_hour, web.clock()
    try:
        with web.sessions.begin() as session:
            if not may_send_confirmation(session, address, now=now, max_per_hour=limit):
                log.info("confirmation not sent: limit reached", action="confirmation_limited")
                return
            subscriber = subscribers.add(
                session, address, schedule, filters, now=now, replace_pending=True
            )
            record_request(session, subscriber.id, now=now)
    except (AlreadyExistsError, SuppressedAddressError):
        return
    try:
        with open_sender(web.settings.mail) as sender:
            send_confirmation(web, sender, subscriber)
    except (MailError, SettingsError) as error:
        log.warning("confirmation not sent", action="confirmation_failed", reason=str(error))
        with web.sessions.begin() as session:
            allow_retry(session, subscriber.id, now=now)


def _render_form(
    request: Request,
    session: Session,
    web: WebContext,
    *,
    outlets: list[str],
    storylines: list[str],
    error: str = "",
    typed: str = "",
) -> HTMLResponse:
    choices = load_choices(session)
    form: dict[str, Any] = {
        "typed": typed,
        "outlets": [each for each in choices.outlets if each[0] in outlets],
        "storylines": [each for each in choices.storylines if each[0] in storylines],
        "time_zones": sorted(available_timezones()),
    }
    return render_page(
        web,
        "subscribe.html",
        status=422 if error else 200,
        meta=page_meta(request, "/subscribe", "Daily digest", DESCRIPTION),
        form=form,
        available=can_subscribe(web),
        error=error,
        sent=False,
    )
