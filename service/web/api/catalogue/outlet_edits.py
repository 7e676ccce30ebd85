"""`/v1/outlets/{slug}`: edit an outlet or restore it; requires the role `admin`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.field_types import ShortText
from service.store.catalogue import outlets
from service.store.catalogue.outlet_stats import get_outlet
from service.web.api.catalogue.outlets import AGENCY, OutletOut, Slug
from service.web.dependencies import WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.rendering.schemas import COUNTRY, LANGUAGE
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(
    prefix="/v1/outlets",
    tags=["outlets"],
    responses={**PROBLEM_RESPONSES, **WRITE_RESPONSES, **NOT_FOUND_RESPONSE},
    dependencies=[Depends(RequireRole(Role.ADMIN))],
)
Code = Annotated[str, Field(min_length=2, max_length=3, pattern="^[A-Za-z]+$")]


class OutletUpdateIn(BaseModel):
    """Changes to an outlet; omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    # The default is never used; a factory keeps it out of the schema. Null is not a valid name.
    name: ShortText = Field(default_factory=str, description="Display name.")
    family: ShortText = Field(
        default_factory=str,
        description="Slug of an existing publisher family, or the slug of the outlet for a family "
        "of its own.",
    )
    country: Annotated[Code, Field(max_length=2)] | None = Field(
        default=None, description=COUNTRY, examples=["GB"]
    )
    language: Code | None = Field(default=None, description=LANGUAGE, examples=["en"])
    agency: StrictBool = Field(
        default_factory=bool,
        description=AGENCY,
    )


@router.patch("/{slug}", response_model=OutletOut)
def update_outlet(
    web: WebContextDep, write: WriteDep, slug: Slug, body: OutletUpdateIn
) -> Response:
    """Edit an outlet. Edits take precedence over the configuration.

    The descriptions of the outlet's stories are regenerated, because independent coverage
    depends on families. `agency` takes effect in the next run of the job `reconcile`. Setting a
    field to its configured value removes its edit.
    """

    def change(session: Session) -> WriteResult:
        changes = body.model_dump(exclude_unset=True)
        outlets.edit_outlet(session, slug, changes, now=web.clock())
        return WriteResult(OutletOut.of(get_outlet(session, slug)))

    return write(change)


@router.delete("/{slug}/edits", response_model=OutletOut)
def restore_outlet(web: WebContextDep, write: WriteDep, slug: Slug) -> Response:
    """Undo all edits of an outlet: restore the configured values."""

    def restore(session: Session) -> WriteResult:
        outlets.reset_outlet(session, slug, now=web.clock())
        return WriteResult(OutletOut.of(get_outlet(session, slug)))

    return write(restore)
