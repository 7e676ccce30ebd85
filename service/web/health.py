"""Health checks: `/healthz` (process runs) and `/readyz` (jobs and database work)."""

from datetime import timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.errors import DatabaseError, DatabaseUnreachableError
from service.store.database import schema
from service.store.database.connections.engines import make_limited_engine, state_of
from service.store.database.connections.limits import PROBE_LIMITS
from service.store.runs.readiness import find_problems
from service.web.dependencies import WebContext
from service.web.probes import Probe
from service.web.requests.problems import RETRY_AFTER, Problem, problem, unavailable

router = APIRouter(tags=["health"])
#: Seconds for the check of `/readyz`; with the rest of the request, it responds within two.
DEADLINE = 1.8
NOT_READY_RESPONSE: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Problem,
        "description": "The database is unreachable, read-only, full or has another schema "
        "revision, or a job has stalled or lost its lock. `detail` lists the problems.",
    }
}


class Up(BaseModel):
    """The process runs."""

    status: Literal["up"] = "up"


class Ready(BaseModel):
    """The database has the schema of this samestory version, and no job has stalled."""

    status: Literal["ready"] = "ready"
    revision: str = Field(description="Schema revision of the database.", examples=["0021"])


def readiness_probe(web: WebContext) -> Probe[list[str]]:
    """Create the check of `/readyz`, with its own connections."""
    engine = make_limited_engine(web.engine.url, PROBE_LIMITS, state_of(web.engine))
    stalled_after = timedelta(seconds=web.settings.runs.takeover_seconds)
    return Probe(lambda: find_problems(engine, stalled_after=stalled_after), DEADLINE)


@router.get("/healthz")
async def healthz() -> Up:
    """Check that the process runs. Checks nothing else."""
    return Up()


@router.get("/readyz", response_model=Ready, responses=NOT_READY_RESPONSE)
async def readyz(request: Request) -> Ready | Response:
    """Check that the database is usable, and that no job has stalled or lost its lock.

    Responds within two seconds, also if the database does not.
    """
    probe: Probe[list[str]] = request.app.state.readiness
    try:
        problems = await probe.result()
    except (DatabaseUnreachableError, TimeoutError):
        # Its message contains the address of the database server, which must not be public.
        return unavailable(request)
    except DatabaseError as error:
        problems = [str(error)]
    if problems:
        return problem(request, 503, "; ".join(problems), headers=RETRY_AFTER)
    return Ready(revision=schema.head_revision())
