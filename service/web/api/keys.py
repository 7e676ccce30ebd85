"""`/v1/keys`: create, list and revoke API keys; requires the role `admin`."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.field_types import UtcTime
from service.store.access import keys
from service.store.access.keys import MAX_NAME_LENGTH, Key
from service.store.database.paging import make_page
from service.web.dependencies import ReadSession, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.rendering.schemas import PageOut, Timestamp
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

ADMIN = Depends(RequireRole(Role.ADMIN))
router = APIRouter(
    prefix="/v1/keys",
    tags=["keys"],
    responses={**PROBLEM_RESPONSES, 403: WRITE_RESPONSES[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("keys", BigInt)
KeyId = Annotated[BigInt, Path(description="Id of the key.")]


class NewKeyIn(BaseModel):
    """A key to create."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=MAX_NAME_LENGTH,
        description="Name, such as the owner. Decisions made with the key have this name in the "
        "audit log.",
    )
    roles: list[Role] = Field(
        default=[Role.READER],
        max_length=10,
        description="Every key may read. `editor`: make decisions about stories, save queries; "
        "`admin`: manage feeds, outlets, subscribers, keys and webhooks.",
    )
    expires_at: UtcTime | None = Field(
        default=None,
        description="Time of expiry. If it is missing or null, the key never expires.",
        examples=["2030-01-01T00:00:00Z"],
    )


class KeyOut(BaseModel):
    """A key without its secret."""

    id: int
    name: str
    roles: list[Role]
    created_at: Timestamp
    expires_at: Timestamp | None = Field(description="Null if the key never expires.")
    revoked_at: Timestamp | None = Field(description="Null if the key is not revoked.")
    last_used_at: Timestamp | None = Field(
        description="Time of the last use, accurate to five minutes; null if never used."
    )

    @classmethod
    def of(cls, key: Key, **extra: Any) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            roles=sorted(key.roles),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
            **extra,
        )


class NewKeyOut(KeyOut):
    """A new key with its secret."""

    secret: str | None = Field(
        description="Returned only once; null in the response to a repeated request.",
        examples=["samestory_Zb0nTq3mVw8sYc1kLr6uHd4xPf9aJe2gNi5oRt7wSvE"],
    )


@router.get("")
def list_keys(
    session: ReadSession,
    *,
    revoked: Annotated[bool, Query(description="Include revoked keys.")] = False,
    limit: Limit = 100,
    cursor: CursorQuery = None,
) -> PageOut[KeyOut]:
    """List keys in order of creation, without their secrets."""
    position = CURSOR.decode(cursor)
    after = position[0] if position else 0
    listed = keys.list_keys(session, include_revoked=revoked, after=after, limit=limit + 1)
    page = make_page([(KeyOut.of(key), (key.id,)) for key in listed], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{key_id}", responses=NOT_FOUND_RESPONSE)
def get_key(session: ReadSession, key_id: KeyId) -> KeyOut:
    """Get one key."""
    return KeyOut.of(keys.get(session, key_id))


@router.post("", status_code=201, response_model=NewKeyOut, responses=WRITE_RESPONSES)
def create_key(web: WebContextDep, write: WriteDep, body: NewKeyIn) -> Response:
    """Create a key. Only this response contains its secret, which is not stored."""

    def create(session: Session) -> WriteResult:
        key, secret = keys.create(
            session, body.name, body.roles, now=web.clock(), expires_at=body.expires_at
        )
        without_secret = NewKeyOut.of(key, secret=None)
        return WriteResult(NewKeyOut.of(key, secret=secret), f"/v1/keys/{key.id}", without_secret)

    return write(create)


@router.delete(
    "/{key_id}", response_model=KeyOut, responses={**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
)
def revoke_key(web: WebContextDep, write: WriteDep, key_id: KeyId) -> Response:
    """Revoke a key immediately. It stays in the list of revoked keys."""
    now = web.clock()
    return write(lambda session: WriteResult(KeyOut.of(keys.revoke(session, key_id, now=now))))
