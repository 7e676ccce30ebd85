"""`/operations/jobs`: state, last run and durations of each job."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.domain.operations.job_health import BAD_STATES, REMEDIES, JobFacts, JobState, judge_job
from service.settings.load import Settings
from service.store.operations.durations import load_durations
from service.store.runs.status import JobStatus, load_job_status
from service.store.runs.views import list_runs
from service.web.dependencies import ReadSession, WebContextDep
from service.web.operations.plots import Plot, Value, plot_bars
from service.web.operations.sections import render_section
from service.web.people.pages import Admin
from service.web.rendering.templates import date_time

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

#: Span and number of runs in the plots, and number of listed runs.
SPAN, MAX_RUNS, MAX_LISTED = timedelta(days=1), 3000, 15
#: Bars of one plot: more would be thinner than a pixel.
MAX_BARS = 60


@dataclass(frozen=True, slots=True)
class JobPanel:
    """A job as the page shows it."""

    status: JobStatus
    state: JobState
    every: timedelta
    remedy: str
    plot: Plot | None = None

    @property
    def bad(self) -> bool:
        """Whether the job needs the operator."""
        return self.state in BAD_STATES


def load_panels(
    session: Session, settings: Settings, *, now: datetime, with_plots: bool = False
) -> list[JobPanel]:
    """The state of all jobs, in the order in which they process an article."""
    intervals = asdict(settings.schedule)
    stalled_after = settings.runs.takeover_seconds
    durations = load_durations(session, since=now - SPAN, limit=MAX_RUNS) if with_plots else {}
    panels = []
    for status in load_job_status(session, intervals):
        last, run = status.last, status.current
        facts = JobFacts(
            every=intervals[status.job],
            running=run.age if run else None,
            silence=run.silence if run else None,
            last_start=(now - last.started_at).total_seconds() if last else None,
            last_failed=bool(last and last.outcome == "failed"),
        )
        state = judge_job(facts, stalled_after=stalled_after)
        plot = plot_bars(
            f"Durations of {status.job}, last 24 hours",
            (
                Value(
                    f"{each.seconds:.1f} s at {date_time(each.started_at)}",
                    each.seconds,
                    each.failed,
                )
                for each in durations.get(status.job, ())[-MAX_BARS:]
            ),
        )
        every = timedelta(seconds=facts.every)
        panels.append(JobPanel(status, state, every, REMEDIES.get(state, ""), plot))
    return panels


@router.get("/operations/jobs")
def jobs_page(session: ReadSession, web: WebContextDep, person: Admin) -> HTMLResponse:
    """Jobs with their state and durations, and the latest runs."""
    now = web.clock()
    recent = list_runs(session, limit=MAX_LISTED)
    return render_section(
        web,
        person,
        "/operations/jobs",
        "jobs.html",
        panels=load_panels(session, web.settings, now=now, with_plots=True),
        runs=recent.items,
    )
