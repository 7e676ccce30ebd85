"""Health checks: `/healthz` (process runs) and `/readyz` (database usable)."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.errors import DatabaseError, DatabaseUnreachableError
from service.store.database import schema
from service.web.dependencies import WebContextDep
from service.web.requests.problems import RETRY_AFTER, Problem, problem, unavailable

router = APIRouter(tags=["health"])
NOT_READY_RESPONSE: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Problem,
        "description": "The database is not reachable or has another schema revision.",
    }
}


class Up(BaseModel):
    """The process runs."""

    status: Literal["up"] = "up"


class Ready(BaseModel):
    """The database is reachable and has the schema of this samestory version."""

    status: Literal["ready"] = "ready"
    revision: str = Field(description="Schema revision of the database.", examples=["0021"])


@router.get("/healthz")
def healthz() -> Up:
    """Check that the process runs. Checks nothing else."""
    return Up()


@router.get("/readyz", response_model=Ready, responses=NOT_READY_RESPONSE)
def readyz(request: Request, web: WebContextDep) -> Ready | Response:
    """Check that the database is reachable and has the schema of this samestory version."""
    try:
        return Ready(revision=schema.check(web.engine))
    except DatabaseUnreachableError:
        # Its message contains the address of the database server, which must not be public.
        return unavailable(request)
    except DatabaseError as error:
        return problem(request, 503, str(error), headers=RETRY_AFTER)
