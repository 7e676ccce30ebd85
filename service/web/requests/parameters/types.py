"""Types of path and query parameters: ids, codes, timestamps, page sizes and cursors."""

import base64
import binascii
import hashlib
from typing import Annotated, Any

from fastapi import HTTPException, Path, Query
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from service.domain.field_types import ShortText, UtcTime
from service.store.database.paging import Position

StoryId = Annotated[
    ShortText, Path(description="Id of the story. Ids of merged stories stay valid.")
]
StorylineId = Annotated[ShortText, Path(description="Id of the storyline.")]
BigInt = Annotated[int, Field(ge=0, lt=2**63)]
Limit = Annotated[int, Field(ge=1, le=100, description="Maximum number of items per page.")]
CursorText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(description="`next` of the previous page. Default: the first page."),
]
CursorQuery = Annotated[CursorText | None, Query()]

AsOf = Annotated[
    UtcTime | None,
    Query(
        description="Return the state at this time; for a future time, the current state. "
        "Default: the current state."
    ),
]


class Cursor:
    """Encodes the position in a list as an opaque, URL-safe cursor.

    A cursor is only valid for the list and order whose name and types it was created with, and for
    the same scope: path parameters and filters.
    """

    def __init__(self, name: str, *types: Any) -> None:
        self._name = name
        self._adapter: TypeAdapter[Any] = TypeAdapter(tuple[str, *types])  # type: ignore[valid-type]

    def encode(self, position: Position | None, *scope: object) -> str | None:
        """Cursor of a position; None at the end of the list."""
        if position is None:
            return None
        data: bytes = self._adapter.dump_json((self._scoped_name(scope), *position))
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def decode(self, cursor: str | None, *scope: object) -> Position | None:
        """Position of a cursor; None without one.

        Raises:
            HTTPException: 422, the cursor is invalid, of another list or of another scope.
        """
        if cursor is None:
            return None
        reason = "Invalid cursor for this list and order: start again without a cursor"
        try:
            data = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
            name, *position = self._adapter.validate_json(data)
        except (binascii.Error, ValidationError, UnicodeError) as error:
            raise HTTPException(422, reason) from error
        if name != self._scoped_name(scope):
            raise HTTPException(422, reason)
        return tuple(position)

    def _scoped_name(self, scope: tuple[object, ...]) -> str:
        if not scope:
            return self._name
        digest = hashlib.blake2b(repr([*map(str, scope)]).encode(), digest_size=6)
        return f"{self._name} {digest.hexdigest()}"
