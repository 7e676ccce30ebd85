"""`/v1/runs`: what the jobs did."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from service.store.database import run_views
from service.store.database.run_views import RunView
from service.web.dependencies import ReadSession
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.parameters import BigInt, Cursor, CursorQuery, Limit, Word
from service.web.requests.problems import PROBLEMS

router = APIRouter(prefix="/v1/runs", tags=["runs"], responses=PROBLEMS)

CURSOR = Cursor("runs", BigInt)


class RunOut(BaseModel):
    """One execution of a job."""

    id: int
    job: str
    started_at: Instant
    seconds: float | None = Field(description="Null while it lasts.")
    outcome: str = Field(description="`running`, `done` or `failed`.")
    counts: dict[str, Any]
    error: str | None

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
    job: Annotated[Word | None, Query(description="Only runs of this job.")] = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: CursorQuery = None,
) -> PageOut[RunOut]:
    """The latest runs first."""
    page = run_views.list_runs(session, job=job, after=CURSOR.decode(cursor), limit=limit)
    return PageOut(items=[RunOut.of(run) for run in page.items], next=CURSOR.encode(page.next))
