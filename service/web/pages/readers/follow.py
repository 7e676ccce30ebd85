"""`/follow`: follow or mute an outlet or a storyline; follow a story in a feed reader.

A browser that opened a subscriber's preferences has a cookie with the signed link, so that the
buttons need no login. GET changes nothing. The cookie is not sent with forms of other sites.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Cookie, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError, model_validator
from sqlalchemy.orm import Session

from service.domain.field_types import ShortText
from service.domain.stories.filters import Sort
from service.domain.subscribers.filters import Filters
from service.errors import BadInputError, NotFoundError
from service.store.catalogue import outlet_stats
from service.store.story_views import storylines, views
from service.store.subscribers import subscribers
from service.store.subscribers.subscribers import Subscriber
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.pages.readers.subscribe import can_subscribe
from service.web.pages.subscriptions import PRIVATE, FormDep, get_linked_subscriber
from service.web.rendering import links
from service.web.rendering.links import FeedLink
from service.web.rendering.pages import page_url, render_page
from service.web.requests.parameters.form_query import FormQuery
from service.web.requests.preferences_cookie import COOKIE, PATH, forget

NO_LINK = "This browser has no link to preferences. Open “Preferences” in an email of the digest"
router = APIRouter(prefix="/follow", default_response_class=HTMLResponse, include_in_schema=False)

#: Without a limit of its length: a wrong cookie is deleted, not rejected.
Token = Annotated[str, Cookie(alias=COOKIE)]


class Action(StrEnum):
    """What a button does."""

    FOLLOW = "follow"
    MUTE = "mute"
    CLEAR = "clear"
    FORGET = "forget"


class FollowQuery(FormQuery):
    """Exactly one of these, and whether a change was just saved."""

    outlet: ShortText | None = None
    storyline: ShortText | None = None
    story: ShortText | None = None
    saved: bool = False

    @model_validator(mode="after")
    def _require_one(self) -> "FollowQuery":
        if sum(each is not None for each in (self.outlet, self.storyline, self.story)) != 1:
            raise ValueError("Expected one of outlet, storyline and story")
        return self


@dataclass(frozen=True, slots=True)
class Subject:
    """Name, page and feeds of a followed object; `kind` and `key` are empty for a story."""

    kind: Literal["outlet", "storyline", ""]
    key: str
    name: str
    path: str
    feeds: list[FeedLink]
    storyline: str = ""  #: id of the storyline of a story


@router.get("")
def follow_page(
    session: ReadSession,
    web: WebContextDep,
    query: Annotated[FollowQuery, Query()],
    token: Token = "",
) -> HTMLResponse:
    """Show feeds and, for subscribers, buttons to follow and mute.

    A cookie with an expired or invalid link is deleted, and the page names the ways to a new link.
    """
    subject = _find_subject(session, query)
    subscriber = _find_subscriber(session, web, token)
    filters = subscriber.filters if subscriber else Filters()
    is_outdated = bool(token) and subscriber is None
    response = render_page(
        web,
        "follow.html",
        headers=PRIVATE,
        subject=subject,
        address=_mask(subscriber.address) if subscriber else "",
        token=token,
        saved=query.saved,
        followed=subject.key in _values(filters, f"followed_{subject.kind}s"),
        muted=subject.key in _values(filters, f"muted_{subject.kind}s"),
        can_subscribe=can_subscribe(web),
        is_outdated=is_outdated,
    )
    if is_outdated:
        forget(response)
    return response


@router.post("", response_model=None)
def change(web: WebContextDep, fields: FormDep, token: Token = "") -> Response:
    """Follow, mute or clear for the subscriber of the cookie; or delete the cookie.

    With an expired or invalid link in the cookie, nothing changes, and the page says so.
    """
    query, action = _parse_form(fields)
    target = page_url(PATH, {"outlet": query.outlet, "storyline": query.storyline})
    if action is Action.FORGET:
        response = RedirectResponse(target, 303, PRIVATE)
        forget(response)
        return response
    kind, key = ("outlet", query.outlet) if query.outlet else ("storyline", query.storyline)
    with web.sessions.begin() as session:
        subscriber = _find_subscriber(session, web, token)
        if subscriber is None and token:
            return RedirectResponse(target, 303, PRIVATE)
        if subscriber is None:
            raise NotFoundError("page", "preferences", NO_LINK)
        filters = _apply(subscriber.filters, kind, key or "", action)
        subscribers.update_preferences(
            session, subscriber.id, subscriber.schedule, filters, now=web.clock()
        )
    return RedirectResponse(f"{target}&{urlencode({'saved': 'true'})}", 303, PRIVATE)


def _parse_form(fields: Mapping[str, Sequence[str]]) -> tuple[FollowQuery, Action]:
    """Parse a pressed button; raises BadInputError."""
    values = {name: texts[0] for name, texts in fields.items()}
    try:
        action = Action(values.pop("action", ""))
        query = FollowQuery.model_validate(values)
    except (ValueError, ValidationError) as error:
        raise BadInputError("Invalid form: reload the page and press a button") from error
    if query.story:
        raise BadInputError("A story cannot be followed in the digest: follow its storyline")
    return query, action


def _apply(filters: Filters, kind: str, key: str, action: Action) -> Filters:
    """Add a key to the followed or the muted ones, and remove it from the others."""
    changed: dict[str, Any] = {
        f"{verb}_{kind}s": _values(filters, f"{verb}_{kind}s") - {key}
        | ({key} if action == chosen else set())
        for verb, chosen in (("followed", Action.FOLLOW), ("muted", Action.MUTE))
    }
    return replace(filters, **changed)


def _values(filters: Filters, name: str) -> frozenset[str]:
    values: frozenset[str] = getattr(filters, name, frozenset())
    return values


def _find_subscriber(session: Session, web: WebContext, token: str) -> Subscriber | None:
    try:
        return get_linked_subscriber(session, web, "preferences", token) if token else None
    except (NotFoundError, HTTPException):  # invalid, removed or expired
        return None


def _find_subject(session: Session, query: FollowQuery) -> Subject:
    """The followed object; raises NotFoundError."""
    if query.outlet:
        outlet = outlet_stats.get_outlet(session, query.outlet)
        feeds = _story_feeds({"outlet": outlet.slug})
        return Subject("outlet", outlet.slug, outlet.name, links.outlet_path(outlet.slug), feeds)
    if query.storyline:
        line = storylines.get_storyline(session, query.storyline)
        feeds = _story_feeds({"storyline": line.id})
        return Subject("storyline", line.id, line.title, links.storyline_path(line.id), feeds)
    story = views.get_story(session, query.story or "").story
    path = links.story_path(story.id, story.slug)
    feeds = links.feed_links(f"{links.story_api_path(story.id)}/feed")
    storyline = story.storyline.id if story.storyline else ""
    return Subject("", story.id, story.headline or "Untitled", path, feeds, storyline)


def _story_feeds(condition: Mapping[str, str]) -> list[FeedLink]:
    return links.feed_links("/v1/stories/feed", {**condition, "sort": Sort.NEWEST})


def _mask(address: str) -> str:
    """Return an address that only its owner recognises: a…@example.org."""
    local, _, host = address.rpartition("@")
    return f"{local[:1]}…@{host}"
