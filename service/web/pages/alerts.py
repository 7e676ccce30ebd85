"""Alert pages of a subscriber without login, reached by signed links: stop and add.

As on the other subscriber pages, GET changes nothing and POST does.
"""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from service.domain.subscribers.alert_conditions import parse_conditions
from service.errors import BadInputError, NotFoundError
from service.store.subscribers import alerts, subscribers
from service.web.dependencies import ReadSession, WebContextDep
from service.web.pages.subscriptions import (
    PRIVATE,
    FormDep,
    Token,
    get_linked_subscriber,
    make_token,
    parse_integer,
    render_page,
    render_preferences,
    verify_link,
)
from service.web.requests.parameters.types import BigInt

router = APIRouter(prefix="/digest", default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/alerts/{token}")
def alert_page(session: ReadSession, web: WebContextDep, token: Token) -> HTMLResponse:
    """Show the button that stops an alert."""
    alert = alerts.get(session, verify_link(session, web, "alerts", token))
    subscriber = subscribers.get(session, alert.subscriber)
    return render_page(web, "alert.html", subscriber=subscriber, alert=alert, token=token)


@router.post("/alerts/{token}")
def stop_alert(web: WebContextDep, token: Token) -> HTMLResponse:
    """Stop one alert immediately; the digest and other alerts continue."""
    with web.sessions.begin() as session:
        alert_id = verify_link(session, web, "alerts", token)
        alerts.stop(session, alert_id, now=web.clock())
        alert = alerts.get(session, alert_id)
        subscriber = subscribers.get(session, alert.subscriber)
        preferences = make_token(session, web, "preferences", subscriber.id)
    return render_page(
        web, "alert.html", subscriber=subscriber, alert=alert, token=token, preferences=preferences
    )


@router.post("/preferences/{token}/alerts", response_model=None)
def add_alert(web: WebContextDep, token: Token, fields: FormDep) -> HTMLResponse | RedirectResponse:
    """Save the submitted conditions as an alert; show the form with the error if it is invalid."""
    values = {name: given[0] for name, given in fields.items()}
    names = ("words", "entities", "outlets", "countries", "query")
    texts = {name: values.get(name, "") for name in names}
    with web.sessions.begin() as session:
        subscriber = get_linked_subscriber(session, web, "preferences", token)
        try:
            min_independent = parse_integer(values.get("min_independent") or "1")
            conditions = parse_conditions(**texts, min_independent=min_independent)
            alerts.add(session, subscriber.id, conditions, now=web.clock())
        except BadInputError as error:
            return render_preferences(session, web, subscriber, token, error=str(error))
    return RedirectResponse(f"/digest/preferences/{token}?saved=true#alerts", 303, PRIVATE)


@router.post("/preferences/{token}/alerts/{alert_id}/stop", response_model=None)
def stop_listed_alert(web: WebContextDep, token: Token, alert_id: BigInt) -> RedirectResponse:
    """Stop an alert of this subscriber; raises NotFoundError for another subscriber's alert."""
    with web.sessions.begin() as session:
        subscriber = get_linked_subscriber(session, web, "preferences", token)
        if alerts.get(session, alert_id).subscriber != subscriber.id:
            raise NotFoundError("alert", alert_id)
        alerts.stop(session, alert_id, now=web.clock())
    return RedirectResponse(f"/digest/preferences/{token}?saved=true#alerts", 303, PRIVATE)
