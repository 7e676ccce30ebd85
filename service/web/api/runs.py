"""`/v1/runs`: job runs with outcome and counts."""

from dataclasses import fields
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, Field

from service.domain.field_types import ShortText
from service.domain.text.nearest import suggest
from service.settings.sections.daemon import ScheduleSettings
from service.store.runs import views as run_views
from service.store.runs.views import RunView
from service.web.dependencies import ReadSession
from service.web.rendering.schemas import PageOut, Timestamp
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/runs", tags=["runs"], responses=PROBLEM_RESPONSES)

CURSOR = Cursor("runs", BigInt)
#: Names of all jobs: each has an interval in the settings.
JOBS = tuple(each.name for each in fields(ScheduleSettings))


def _require_job(name: str) -> str:
    if name not in JOBS:
        raise ValueError(f"Unknown job; {suggest(name, dict.fromkeys(JOBS, ''))}")
    return name


JobName = Annotated[ShortText, AfterValidator(_require_job)]


class RunOut(BaseModel):
    """A run of a job."""

    id: int
    job: str = Field(description="Name of the job.")
    started_at: Timestamp
    seconds: float | None = Field(description="Duration in seconds; null while the job is running.")
    outcome: str = Field(description="`running`, `done` or `failed`.")
    counts: dict[str, Any] = Field(
        description="Counts of the run, such as `new` articles; they differ between jobs."
    )
    error: str | None = Field(
        description="Kind and first line of the error of a failed run, without SQL and addresses; "
        "the log has the full text. Null for others."
    )

    @classmethod
    def of(cls, run: RunView) -> Self:
        return cls(
            id=run.id,
            job=run.job,
            started_at=run.started_at,
            seconds=run.seconds,
            outcome=run.outcome,
            counts=run.counts,
            error=run.error,
        )


@router.get("")
def list_runs(
    session: ReadSession,
    job: Annotated[JobName | None, Query(description="Name of a job; list only its runs.")] = None,
    limit: Limit = 20,
    cursor: CursorQuery = None,
) -> PageOut[RunOut]:
    """List the runs of the jobs, latest first."""
    page = run_views.list_runs(session, job=job, after=CURSOR.decode(cursor), limit=limit)
    return PageOut(items=[RunOut.of(run) for run in page.items], next=CURSOR.encode(page.next))
