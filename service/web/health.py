"""Whether the process is up, and whether it can answer."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from service.errors import DatabaseError, DatabaseUnreachableError
from service.store.database import schema
from service.web.dependencies import Context
from service.web.requests.problems import RETRY_AFTER, Problem, problem

router = APIRouter(tags=["health"])
UNREADY: dict[int | str, dict[str, Any]] = {
    503: {"model": Problem, "description": "The database cannot be used."}
}


class Up(BaseModel):
    """The process runs."""

    status: Literal["up"] = "up"


class Ready(BaseModel):
    """The database answers and has the schema that this version needs."""

    status: Literal["ready"] = "ready"
    revision: str


@router.get("/healthz")
def healthz() -> Up:
    """Whether the process is up; asks nothing else."""
    return Up()


@router.get("/readyz", response_model=Ready, responses=UNREADY)
def readyz(request: Request, web: Context) -> Ready | Response:
    """Whether the database is reachable and at the right revision."""
    try:
        return Ready(revision=schema.check(web.engine))
    except DatabaseUnreachableError:
        # Its message names the server's address, which is for the log alone.
        return problem(request, 503, "the database does not answer", headers=RETRY_AFTER)
    except DatabaseError as error:
        return problem(request, 503, str(error), headers=RETRY_AFTER)
