"""Changing what an outlet is, with a key of the role `admin`; lists are in `catalogue`."""

from typing import Annotated

from fastapi import APIRouter, Response, Security
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.store.catalogue import outlets
from service.store.catalogue.outlet_stats import get_outlet
from service.web.api.catalogue.outlets import OutletOut, Slug
from service.web.dependencies import Context
from service.web.middleware.authenticate import Needs
from service.web.requests.idempotency import WRITING, Done, Writing
from service.web.requests.parameters import Word
from service.web.requests.problems import NOT_FOUND, PROBLEMS

router = APIRouter(
    prefix="/v1/outlets",
    tags=["outlets"],
    responses={**PROBLEMS, **WRITING, **NOT_FOUND},
    dependencies=[Security(Needs(Role.ADMIN), scopes=[Role.ADMIN])],
)
Code = Annotated[str, Field(min_length=2, max_length=3, pattern="^[A-Za-z]+$")]


class OutletChange(BaseModel):
    """What an outlet is to be; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    # Factories, for what stands here is never read: null is no name.
    name: Word = Field(default_factory=str)
    family: Word = Field(
        default_factory=str,
        description="Slug of a publisher family that is known, or the outlet's own slug.",
    )
    country: Annotated[Code, Field(max_length=2)] | None = Field(
        default=None, description="ISO 3166-1 alpha-2; null for none.", examples=["GB"]
    )
    language: Code | None = Field(
        default=None, description="ISO 639; null for none.", examples=["en"]
    )
    agency: StrictBool = Field(
        default_factory=bool, description="Whether others reprint its texts."
    )


@router.patch("/{slug}", response_model=OutletOut)
def change_outlet(web: Context, write: Writing, slug: Slug, wanted: OutletChange) -> Response:
    """Change what an outlet is, against what the configuration says and goes on to say.

    Its stories are described anew, for their order depends on families. `agency` says which text is
    the original from the next reconcile on. A fact that gets its configured value is no longer
    edited.
    """

    def change(session: Session) -> Done:
        facts = wanted.model_dump(exclude_unset=True)
        outlets.change(session, slug, facts, now=web.clock())
        return Done(OutletOut.of(get_outlet(session, slug)))

    return write(change)


@router.delete("/{slug}/edits", response_model=OutletOut)
def restore_outlet(web: Context, write: Writing, slug: Slug) -> Response:
    """Let an outlet be at once what the configuration says; without edits nothing happens."""

    def restore(session: Session) -> Done:
        outlets.restore(session, slug, now=web.clock())
        return Done(OutletOut.of(get_outlet(session, slug)))

    return write(restore)
