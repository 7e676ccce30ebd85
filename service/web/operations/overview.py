"""`/operations`: problems with their remedies, queues, lag, churn and quality."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from service.domain.operations.job_health import BAD_STATES, REMEDIES
from service.errors import DatabaseError
from service.store.operations.evaluations import load_evaluations
from service.store.operations.lags import Lag, load_lags
from service.store.story_views.churn import measure_daily_churn
from service.store.story_views.store_metrics import StoreMetrics, collect_metrics
from service.store.subscribers.email_stats import MailStats, mail_stats
from service.web.dependencies import ReadSession, WebContextDep
from service.web.operations.jobs import JobPanel, load_panels
from service.web.operations.plots import Plot, Value, plot_bars
from service.web.operations.sections import render_section
from service.web.people.pages import Admin
from service.web.rendering.templates import day, duration, time_of_day

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Hours in the plots of the lag.
HOURS = 24
#: Time in the plot of the churn, and number of listed evaluations.
CHURN_SPAN, MAX_EVALUATIONS = timedelta(days=14), 5
#: Job that processes each queue of `measure_queues`.
JOB_OF_QUEUE = {
    "feeds": "fetch",
    "place": "place",
    "reconcile": "reconcile",
    "describe": "describe",
    "emails": "digest",
}
#: An item that waits longer is a problem.
MAX_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with its remedy and the page with the details."""

    text: str
    remedy: str
    page: str


async def readiness_problems(request: Request) -> list[str]:
    """Dependency: the problems that `/readyz` reports."""
    try:
        problems: list[str] = await request.app.state.readiness.result()
    except TimeoutError:
        return ["The database did not respond within two seconds"]
    except DatabaseError as error:
        return [str(error)]
    return problems


@router.get("/operations")
def overview_page(
    session: ReadSession,
    web: WebContextDep,
    person: Admin,
    readiness: Annotated[list[str], Depends(readiness_problems)],
) -> HTMLResponse:
    """Problems with their remedies, and the statistics of the last day."""
    now = web.clock()
    store = collect_metrics(session, now=now)
    mail = mail_stats(session, since=now - timedelta(days=1))
    panels = load_panels(session, web.settings, now=now)
    problems = [
        *(Problem(each, "See the service log", "/operations/database") for each in readiness),
        *_find_problems(panels, store),
        *_find_delivery_problems(store, mail),
    ]
    lags = load_lags(session, now=now, hours=HOURS)
    return render_section(
        web,
        person,
        "/operations",
        "overview.html",
        problems=problems,
        panels=panels,
        queues=[(name, JOB_OF_QUEUE[name], queue) for name, queue in store.queues.items()],
        store=store,
        mail=mail,
        lag=lags[-1] if lags else None,
        lag_plots=_plot_lags(lags),
        churn_plot=_plot_churn(measure_daily_churn(session, since=now - CHURN_SPAN)),
        evaluations=load_evaluations(session, limit=MAX_EVALUATIONS),
    )


def _find_problems(panels: list[JobPanel], store: StoreMetrics) -> Iterator[Problem]:
    if store.maintenance:
        text = "Maintenance mode: no job runs, and all writes are rejected"
        yield Problem(text, "To continue, run samestory maintenance off", "/operations/jobs")
    for state in BAD_STATES:
        named = [each.status.job for each in panels if each.state is state]
        if named:
            text = f"Job{'' if len(named) == 1 else 's'} {state}: {', '.join(named)}"
            yield Problem(text, REMEDIES[state], "/operations/jobs")
    if failing := store.feeds_failing:
        text = f"{failing} feed{'' if failing == 1 else 's'} failing"
        remedy = "The page of each feed shows the reason and the remedy"
        yield Problem(text, remedy, "/operations/feeds?show=failing")
    for name, queue in store.queues.items():
        job, wait = JOB_OF_QUEUE[name], timedelta(seconds=queue.oldest)
        if wait > MAX_WAIT:
            yield Problem(
                f"{queue.length} item{'' if queue.length == 1 else 's'} for the job {job} "
                f"waiting for up to {duration(wait)}",
                f"Check whether the job {job} runs, and how long its runs take",
                "/operations/jobs",
            )


def _find_delivery_problems(store: StoreMetrics, mail: MailStats) -> Iterator[Problem]:
    failed = sum(each.failed for each in mail.outcomes)
    if failed:
        text = f"{failed} email{'' if failed == 1 else 's'} of the last day not sent"
        yield Problem(text, "See the reply of the mail server", "/operations/deliveries")
    if paused := store.webhooks.get("paused", 0):
        text = f"{paused} webhook{'' if paused == 1 else 's'} paused"
        yield Problem(text, "Resume it when the receiver works", "/operations/deliveries")
    if store.blocked_stories:
        yield Problem(
            f"Deliveries of {store.blocked_stories} stories to webhooks failed",
            "They are retried. See the response of the receiver",
            "/operations/deliveries",
        )


def _plot_lags(lags: list[Lag]) -> list[Plot]:
    """Median lags by hour: from the first fetch, and from the publication."""
    arrival = plot_bars(
        "Median time from the first fetch to a story",
        (
            Value(f"{_span(each.arrival[0])} ({time_of_day(each.hour)})", each.arrival[0])
            for each in lags
        ),
    )
    publication = plot_bars(
        "Median time from publication to a story",
        (
            Value(f"{_span(each.publication[0])} ({time_of_day(each.hour)})", each.publication[0])
            for each in lags
            if each.publication
        ),
    )
    return [each for each in (arrival, publication) if each]


def _plot_churn(days: list[tuple[date, float]]) -> Plot | None:
    return plot_bars(
        "Churn per day", (Value(f"{share * 100:.1f} % on {day(at)}", share) for at, share in days)
    )


def _span(seconds: float) -> str:
    span = timedelta(seconds=seconds)
    return f"{seconds:.0f} s" if span < timedelta(minutes=1) else duration(span)
