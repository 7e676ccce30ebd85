"""`/v1/keys`: who may ask, and for what, with a key of the role `admin`."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Response, Security
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.store.access import keys
from service.store.access.keys import NAME, Key
from service.store.database.paging import cut
from service.web.dependencies import Context, ReadSession
from service.web.middleware.authenticate import Needs
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.idempotency import WRITING, Done, Writing
from service.web.requests.parameters import BigInt, Cursor, CursorQuery, Limit, UtcTime
from service.web.requests.problems import NOT_FOUND, PROBLEMS

ADMIN = Security(Needs(Role.ADMIN), scopes=[Role.ADMIN])
router = APIRouter(
    prefix="/v1/keys",
    tags=["admin"],
    responses={**PROBLEMS, 403: WRITING[403]},
    dependencies=[ADMIN],
)
CURSOR = Cursor("keys", BigInt)
KeyId = Annotated[BigInt, Path(description="The key's number.")]


class NewKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME, description="Decisions carry it.")
    roles: list[Role] = Field(
        default=[Role.READER], max_length=10, description="Every key may read."
    )
    expires_at: UtcTime | None = Field(default=None, description="Never, if it is null.")


class KeyOut(BaseModel):
    """A key without its secret."""

    id: int
    name: str
    roles: list[Role]
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    used_at: Instant | None = Field(description="To five minutes.")

    @classmethod
    def of(cls, key: Key, **more: Any) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            roles=sorted(key.roles),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            used_at=key.used_at,
            **more,
        )


class NewKeyOut(KeyOut):
    """A key that was just made."""

    secret: str | None = Field(
        description="Told this once; null where a request is answered again.",
        examples=["samestory_Zb0nTq3mVw8sYc1kLr6uHd4xPf9aJe2gNi5oRt7wSvE"],
    )


@router.get("")
def list_keys(
    session: ReadSession,
    *,
    revoked: Annotated[bool, Query(description="Those revoked, too.")] = False,
    limit: Annotated[Limit, Query()] = 100,
    cursor: CursorQuery = None,
) -> PageOut[KeyOut]:
    """Keys with what they allow, without their secrets, in the order in which they were made."""
    after = CURSOR.decode(cursor)
    first = after[0] if after else 0
    found = keys.listed(session, all_of_them=revoked, after=first, limit=limit + 1)
    page = cut([(KeyOut.of(key), (key.id,)) for key in found], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{key_id}", responses=NOT_FOUND)
def read_key(session: ReadSession, key_id: KeyId) -> KeyOut:
    """One key."""
    return KeyOut.of(keys.get(session, key_id))


@router.post("", status_code=201, response_model=NewKeyOut, responses=WRITING)
def create_key(web: Context, write: Writing, wanted: NewKey) -> Response:
    """Make a key. Its secret is in this answer and nowhere else: only its hash is kept."""

    def create(session: Session) -> Done:
        key, secret = keys.create(
            session, wanted.name, wanted.roles, now=web.clock(), expires_at=wanted.expires_at
        )
        kept = NewKeyOut.of(key, secret=None)
        return Done(NewKeyOut.of(key, secret=secret), f"/v1/keys/{key.id}", kept)

    return write(create)


@router.delete("/{key_id}", response_model=KeyOut, responses={**WRITING, **NOT_FOUND})
def revoke_key(web: Context, write: Writing, key_id: KeyId) -> Response:
    """Let a key open nothing any more, at once; it stays on record."""
    now = web.clock()
    return write(lambda session: Done(KeyOut.of(keys.revoke(session, key_id, now=now))))
