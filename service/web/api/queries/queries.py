"""`/v1/queries`: saved queries; writing requires the role `editor`."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.field_types import ShortText
from service.domain.queries.parameters import QueryText
from service.store.access.keys import Key
from service.store.database.paging import make_page
from service.store.queries import saved
from service.store.queries.saved import MAX_TITLE, SavedQuery
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.rendering.links import feed_links
from service.web.rendering.schemas import PageOut, Timestamp
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters.types import Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/queries", tags=["queries"], responses=PROBLEM_RESPONSES)
CURSOR = Cursor("queries", ShortText)
EDITOR = Depends(RequireRole(Role.EDITOR))
QueryId = Annotated[ShortText, Path(description="Id of the saved query.")]
ID_FORM = r"^[a-z0-9][a-z0-9-]{0,62}$"
Title = Annotated[str, StringConstraints(max_length=MAX_TITLE, pattern=r"^[^\x00-\x1f\x7f]*$")]
WRITE_ERRORS = {**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
Q = "Text in the query language."


class NewQuery(BaseModel):
    """A query to save."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(
        pattern=ID_FORM,
        description="Part of the addresses that use the query: lower-case letters, digits and "
        "hyphens.",
        examples=["harbour"],
    )
    q: QueryText = Field(description=Q, examples=["ferry independent:2.."])
    title: Title = Field(default="", description="Title for readers. Default: none.")


class QueryChange(BaseModel):
    """Changes to a saved query; omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    # Factories make the fields optional, but null stays invalid; their values are never read.
    q: QueryText = Field(default_factory=str, description=Q, examples=["ferry independent:3.."])
    title: Title = Field(default_factory=str, description="Title for readers.")


class SavedQueryOut(BaseModel):
    """A saved query with the addresses of its results."""

    id: str
    title: str
    q: str = Field(description=Q)
    stories: str = Field(
        description="Path of the list of its stories.", examples=["/v1/stories?query=harbour"]
    )
    feeds: list[str] = Field(
        description="Paths of the feeds of its stories.",
        examples=[["/v1/stories/feed.atom?query=harbour&sort=newest"]],
    )
    changes: str = Field(
        description="Path of the changes of its stories.", examples=["/v1/changes?query=harbour"]
    )
    created_by: str = Field(description="Name of the key that created the query.")
    created_at: Timestamp
    changed_at: Timestamp

    @classmethod
    def of(cls, query: SavedQuery) -> Self:
        links = feed_links("/v1/stories/feed", {"query": query.id, "sort": "newest"})
        return cls(
            id=query.id,
            title=query.title,
            q=query.q,
            stories=f"/v1/stories?query={query.id}",
            feeds=[each.url for each in links],
            changes=f"/v1/changes?query={query.id}",
            created_by=query.created_by,
            created_at=query.created_at,
            changed_at=query.changed_at,
        )


@router.get("")
def list_queries(
    session: ReadSession, limit: Limit = 100, cursor: CursorQuery = None
) -> PageOut[SavedQueryOut]:
    """List saved queries, ordered by id."""
    after = CURSOR.decode(cursor)
    listed = saved.list_queries(session, after=after[0] if after else "", limit=limit + 1)
    page = make_page([(SavedQueryOut.of(each), (each.id,)) for each in listed], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{query_id}", responses=NOT_FOUND_RESPONSE)
def get_query(session: ReadSession, query_id: QueryId) -> SavedQueryOut:
    """Get one saved query."""
    return SavedQueryOut.of(saved.get(session, query_id))


@router.post("", status_code=201, response_model=SavedQueryOut, responses=WRITE_RESPONSES)
def add_query(
    web: WebContextDep, write: WriteDep, key: Annotated[Key, EDITOR], new: NewQuery
) -> Response:
    """Save a query. The addresses of its stories, feeds and changes contain its id."""

    def add(session: Session) -> WriteResult:
        added = saved.add(
            session, new.id, new.q, title=new.title, made_by=key.name, now=web.clock()
        )
        return WriteResult(SavedQueryOut.of(added), f"/v1/queries/{added.id}")

    return write(add)


@router.patch(
    "/{query_id}",
    response_model=SavedQueryOut,
    responses=WRITE_ERRORS,
    dependencies=[EDITOR],
)
def update_query(
    web: WebContextDep, write: WriteDep, query_id: QueryId, changes: QueryChange
) -> Response:
    """Change a saved query or its title. Its addresses stay the same."""
    fields = changes.model_dump(exclude_unset=True)

    def change(session: Session) -> WriteResult:
        changed = saved.change(session, query_id, now=web.clock(), **fields)
        return WriteResult(SavedQueryOut.of(changed))

    return write(change)


@router.delete(
    "/{query_id}",
    status_code=204,
    response_class=Response,
    responses=WRITE_ERRORS,
    dependencies=[EDITOR],
)
def remove_query(write: WriteDep, query_id: QueryId) -> Response:
    """Delete a saved query. The response is 422 while a webhook or an alert uses it."""

    def remove(session: Session) -> WriteResult:
        saved.remove(session, query_id)
        return WriteResult(None)

    return write(remove)
