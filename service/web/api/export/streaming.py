"""Streaming of exports: one snapshot for each, in constant memory, with limits."""

import asyncio
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.types import Message, Receive, Scope, Send

from service.store.database.paging import Page, Position
from service.web.api.export.formats import (
    Encoder,
    ExportFormat,
    Item,
    columns_of,
    csv_encoder,
    csv_header,
    encode_jsonl,
)
from service.web.dependencies import read_session
from service.web.middleware.concurrency import is_head_request

Row = TypeVar("Row")
#: Items that are read at once.
PAGE_SIZE = 500
#: A client that reads slowly must not hold a snapshot for longer, because it delays VACUUM.
MAX_SECONDS = 3600
#: A client must read this many bytes per second on average, after `GRACE_SECONDS`; otherwise it
#: would occupy the slot of its export for a long time.
MIN_RATE, GRACE_SECONDS = 16 << 10, 30.0
#: Documentation of the successful response of an export.
EXPORT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "All items of the list, one a line. If an export fails, the connection "
        "closes before the end of the response.",
        "content": {
            "application/jsonl": {
                "schema": {"type": "string"},
                "example": '{"id": "g6eppbxpoc"}\n',
            },
            "text/csv": {"schema": {"type": "string"}, "example": "id\r\ng6eppbxpoc\r\n"},
        },
    }
}

#: A read-only transaction with one snapshot, until the whole response is sent.
ExportSession = Annotated[Session, Depends(read_session, scope="request")]


class ExportQuery(BaseModel):
    """Query parameters of every export."""

    model_config = ConfigDict(extra="forbid")

    format: ExportFormat = Field(
        default=ExportFormat.JSONL,
        description="`jsonl`: one JSON object a line. `csv`: with a header; the names of nested "
        "fields are joined by dots.",
    )
    limit: Annotated[int, Field(ge=1, lt=2**31)] | None = Field(
        default=None, description="Maximum number of items. Default: all."
    )


def paced(send: Send, *, rate: float = MIN_RATE, grace: float = GRACE_SECONDS) -> Send:
    """Wrap `send`: raise TimeoutError if the client reads too slowly.

    The client has `grace` seconds, and one second for each `rate` bytes. Only the time in `send`
    counts, not that of the database.
    """
    waited, size = 0.0, 0

    async def send_in_time(message: Message) -> None:
        nonlocal waited, size
        started = time.monotonic()
        size += len(message.get("body", b""))
        async with asyncio.timeout(max(grace + size / rate - waited, 0)):
            await send(message)
        waited += time.monotonic() - started

    return send_in_time


class ExportResponse(StreamingResponse):
    """A stream of chunks that ends after `MAX_SECONDS`, or if its client reads too slowly.

    At the end, it closes the source of the chunks.
    """

    def __init__(
        self,
        first: bytes,
        chunks: Generator[bytes, None, None],
        *,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(chain([first], chunks), media_type=media_type, headers=headers)
        self._close_source = chunks.close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; the server closes the connection if it is incomplete."""
        try:
            async with asyncio.timeout(MAX_SECONDS):
                await super().__call__(scope, receive, paced(send))
        except TimeoutError:
            return
        finally:
            await run_in_threadpool(self._close_source)


def export_response(
    request: Request,
    query: ExportQuery,
    name: str,
    batches: Iterator[Iterable[Item]],
    *,
    model: type[BaseModel],
    fields: Sequence[str],
) -> Response:
    """Stream batches of items as a file; `model` and `fields` determine the columns of CSV.

    The first batch is computed at once, so that its errors become problems.
    """
    encode: Encoder = encode_jsonl
    header = b""
    if query.format is ExportFormat.CSV:
        columns = columns_of(model, fields)
        encode, header = csv_encoder(columns), csv_header(columns)
    chunks: Generator[bytes, None, None] = (encode(batch) for batch in batches)
    first = header + next(chunks, b"")
    file_headers = {"Content-Disposition": f'attachment; filename="{name}.{query.format}"'}
    if is_head_request(request):
        chunks.close()
        return Response(media_type=query.format.media_type, headers=file_headers)
    return ExportResponse(first, chunks, media_type=query.format.media_type, headers=file_headers)


def read_pages(
    load: Callable[[Position | None, int], Page[Row]],
    limit: int | None,
    *,
    page_size: int = PAGE_SIZE,
) -> Iterator[Sequence[Row]]:
    """Yield the pages of a list, at most `limit` items; `load` takes a position and a size."""
    after: Position | None = None
    remaining = limit
    while True:
        page = load(after, page_size if remaining is None else min(page_size, remaining))
        yield page.items
        remaining = None if remaining is None else remaining - len(page.items)
        after = page.next
        if after is None or remaining == 0:
            return
