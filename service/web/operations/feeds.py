"""`/operations/feeds`: the list, one feed with its history, and its changes."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from service.domain.operations.remedies import explain_feed_error
from service.errors import BadInputError
from service.ingest.feed_overrides import change_overrides
from service.store.access.browser_sessions import BrowserSession
from service.store.articles import pages
from service.store.catalogue import feed_history, feeds, views
from service.store.catalogue.feeds import FeedStatus
from service.store.catalogue.views import FeedFilter
from service.store.tables import FeedRow
from service.web.api.catalogue.feeds import FEED_CURSOR, FeedId
from service.web.dependencies import ReadSession, WebContext, WebContextDep
from service.web.operations.plots import Value, plot_bars
from service.web.operations.sections import render_section
from service.web.people.forms import Form, PostedForm
from service.web.people.pages import Admin, see_other
from service.web.rendering.links import with_query
from service.web.rendering.templates import date_time
from service.web.requests.parameters.types import CursorQuery

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

PATH = "/operations/feeds"
LIMIT = 50
#: Fetches in the plot, and in the list.
MAX_PLOTTED, MAX_FETCHES = 60, 15
#: Lists of the page, by the value of `show`.
SHOWN = {
    "all": FeedFilter(),
    "failing": FeedFilter(status="active", failing=True),
    "paused": FeedFilter(status="paused"),
    "retired": FeedFilter(status="retired"),
}
TEXT_OVERRIDES = ("charset", "fetch_url", "user_agent")


@router.get(PATH)
def feeds_page(
    session: ReadSession,
    web: WebContextDep,
    person: Admin,
    *,
    show: str = "all",
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: CursorQuery = None,
    done: str = "",
) -> HTMLResponse:
    """Feeds with their health; `show` selects a list, `q` searches titles, outlets, addresses."""
    show = show if show in SHOWN else "all"
    filters = replace(SHOWN[show], text=q.strip())
    page = views.list_feeds(session, filters, after=FEED_CURSOR.decode(cursor), limit=LIMIT)
    following = FEED_CURSOR.encode(page.next)
    return render_section(
        web,
        person,
        PATH,
        "feeds.html",
        done=done,
        feeds=page.items,
        counts=views.load_feed_counts(session),
        lists=tuple(SHOWN),
        show=show,
        q=q,
        explain=explain_feed_error,
        next_page_url=with_query(PATH, show=show, q=q, cursor=following) if following else "",
    )


@router.get(f"{PATH}/{{feed_id}}")
def feed_page(
    session: ReadSession, web: WebContextDep, person: Admin, feed_id: FeedId, done: str = ""
) -> HTMLResponse:
    """One feed: health, fetches, addresses, and the forms that change it."""
    return _render_feed(session, web, person, feed_id, done=done)


@router.post(f"{PATH}/{{feed_id}}/status", response_model=None)
def set_status(web: WebContextDep, _: Admin, form: PostedForm, feed_id: FeedId) -> RedirectResponse:
    """Pause, retire or activate a feed."""
    with web.sessions.begin() as session:
        feeds.set_status(session, feed_id, _parse_status(form.text("status")), now=web.clock())
    return see_other(f"{PATH}/{feed_id}?done=saved")


@router.post(f"{PATH}/{{feed_id}}/fetch", response_model=None)
def fetch_now(web: WebContextDep, _: Admin, _form: PostedForm, feed_id: FeedId) -> RedirectResponse:
    """Make an active feed due, so that the next run of the job `fetch` fetches it."""
    with web.sessions.begin() as session:
        feeds.make_due(session, feed_id, now=web.clock())
    return see_other(f"{PATH}/{feed_id}?done=due")


@router.post(f"{PATH}/{{feed_id}}/overrides", response_model=None)
def set_overrides(
    web: WebContextDep, person: Admin, form: PostedForm, feed_id: FeedId
) -> HTMLResponse | RedirectResponse:
    """Replace the overrides of a feed; an empty field restores the default."""
    try:
        with web.sessions.begin() as session:
            changes: dict[str, str | float | None] = {
                name: form.text(name) for name in TEXT_OVERRIDES
            }
            changes["interval_minutes"] = _parse_minutes(form.text("interval_minutes"))
            change_overrides(session, feed_id, changes, now=web.clock())
            full_text = form.text("full_text") == "yes"
            feeds.set_full_text(session, feed_id, full_text=full_text)
    except BadInputError as error:
        with web.sessions() as session:
            return _render_feed(session, web, person, feed_id, error=str(error), form=form)
    return see_other(f"{PATH}/{feed_id}?done=saved")


@router.post(f"{PATH}/{{feed_id}}/undo-move", response_model=None)
def undo_move(web: WebContextDep, _: Admin, _form: PostedForm, feed_id: FeedId) -> RedirectResponse:
    """Restore the address that the feed had before its last move."""
    with web.sessions.begin() as session:
        feed_history.undo_move(session, str(feed_id), now=web.clock())
    return see_other(f"{PATH}/{feed_id}?done=undone")


def _render_feed(
    session: Session,
    web: WebContext,
    person: BrowserSession,
    feed_id: int,
    *,
    done: str = "",
    error: str = "",
    form: Form | None = None,
) -> HTMLResponse:
    view, row = views.get_feed(session, feed_id), feeds.get_feed(session, feed_id)
    fetches = feed_history.list_fetches(session, feed_id, limit=MAX_PLOTTED)
    overrides = {
        name: form.text(name) if form else getattr(row, name) or ""
        for name in (*TEXT_OVERRIDES, "interval_minutes")
    }
    return render_section(
        web,
        person,
        PATH,
        "feed.html",
        status=422 if error else 200,
        done=done,
        error=error,
        feed=view,
        row=row,
        overrides=overrides,
        explanation=explain_feed_error(view.error_kind),
        interval=_interval(row),
        plot=plot_bars(
            "Seconds per fetch",
            (
                Value(
                    f"{each.elapsed:.1f} s at {date_time(each.at)}",
                    each.elapsed,
                    each.outcome == "failed",
                )
                for each in reversed(fetches)
            ),
        ),
        fetches=fetches[:MAX_FETCHES],
        moves=feed_history.list_moves(session, feed_id),
        page_counts=pages.count_outcomes(session, feed_id),
    )


def _interval(row: FeedRow) -> timedelta | None:
    """The time between the last fetch and the next one; None before the first fetch."""
    if row.last_fetched_at is None or row.next_fetch_at <= row.last_fetched_at:
        return None
    return row.next_fetch_at - row.last_fetched_at


def _parse_status(text: str) -> FeedStatus:
    if text not in set(FeedStatus):
        raise BadInputError(f"Invalid status {text[:40]!r}: expected {', '.join(FeedStatus)}")
    return FeedStatus(text)


def _parse_minutes(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise BadInputError(
            f"Invalid interval {text[:40]!r}: expected a number of minutes"
        ) from None
