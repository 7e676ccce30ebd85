"""What a request may contain: words without control characters, times, positions in a list."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Path, Query
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from service.domain.text.codes import country_code, language_code
from service.errors import BadInputError
from service.store.database.paging import Position

#: Postgres has no NUL, and no id, slug or name has a control character.
ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


def _read(code: Callable[[str], str]) -> AfterValidator:
    def check(word: str) -> str:
        try:
            return code(word)
        except BadInputError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(check)


Country = Annotated[ShortText, _read(country_code)]
#: Without a region, which is cut off articles' own languages, too.
Language = Annotated[ShortText, _read(language_code)]
StoryId = Annotated[
    ShortText, Path(description="The story's id; ids of merged stories stay valid.")
]
StorylineId = Annotated[ShortText, Path(description="The storyline's id.")]
BigInt = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=100, description="Items per page.")]
CursorText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    Field(description="`next` of the page before; opaque."),
]
CursorQuery = Annotated[CursorText | None, Query()]

_DATED = re.compile(r"\d{4}-\d\d-\d\d")


def _written(value: Any) -> Any:
    """Refuse bare numbers, which pydantic would count in seconds or milliseconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATED.match(value)):
        return value
    raise ValueError("write the time as ISO 8601 does, such as 2026-11-02T09:14:00Z")


def _utc(value: datetime) -> datetime:
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


#: Without a zone it counts as UTC; a date is its first moment.
UtcTime = Annotated[datetime, BeforeValidator(_written), AfterValidator(_utc)]


AsOf = Annotated[
    UtcTime | None,
    Query(description="As everything stood at this instant; the present if it is still to come."),
]


class Cursor:
    """Turns the position after which a list goes on into an opaque word, and back.

    A cursor of one list or order is refused by another one.
    """

    def __init__(self, name: str, *parts: Any) -> None:
        self._name = name
        self._adapter: TypeAdapter[Any] = TypeAdapter(tuple[Literal[name], *parts])  # type: ignore[valid-type]

    def encode(self, position: Position | None) -> str | None:
        """The word for a position; None at the end of the list."""
        if position is None:
            return None
        data: bytes = self._adapter.dump_json((self._name, *position))
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def decode(self, word: str | None) -> Position | None:
        """The position, as a 422 answer if the word is none of this list's."""
        if word is None:
            return None
        try:
            data = base64.urlsafe_b64decode(word.encode() + b"=" * (-len(word) % 4))
            _, *position = self._adapter.validate_json(data)
        except (binascii.Error, ValidationError, UnicodeError) as error:
            reason = "the cursor is not one of this list and order; start without it"
            raise HTTPException(422, reason) from error
        return tuple(position)


def excerpt(text: str, *, limit: int = 300) -> str:
    """The beginning of a text in one line, cut between words where it has any."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    make_page = line[:limit]
    return (make_page.rsplit(" ", 1)[0] if " " in make_page[limit // 2 :] else make_page).rstrip(" ,;:–-") + "…"


def distinct(values: Iterable[str | None]) -> list[str]:
    """Each value once, in order of first appearance, without None."""
    return list(dict.fromkeys(value for value in values if value))
