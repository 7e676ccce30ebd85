"""Size limit of request bodies (413)."""

import asyncio
from contextlib import suppress

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Send

#: After a rejection, read and discard the rest of the body up to this multiple of the limit and
#: this many seconds. A client that is still sending into a closed connection may never see the
#: response.
DISCARD_FACTOR, DISCARD_SECONDS = 16, 5.0
#: Otherwise the server would parse the rest of the body as the next request.
CLOSE_CONNECTION = {"Connection": "close"}


class LimitedBody:
    """Receives a request body and raises 413 when it exceeds the limit."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._bytes_read = 0
        self._complete = False
        self._rejected = False
        self._awaits_continue = False  #: the client sends the body only after "100 Continue"
        self.reason = f"Request body exceeds {max_bytes} bytes: send a smaller body"

    def check_headers(self, headers: Headers) -> bool:
        """Whether Content-Length is within the limit."""
        length = headers.get("content-length", "")
        self._rejected = length.isdecimal() and int(length) > self._max_bytes
        self._awaits_continue = headers.get("expect", "").lower() == "100-continue"
        return not self._rejected

    def discard_after_rejection(self, send: Send) -> Send:
        """Wrap `send`: after a rejection, discard the rest of the body before the response ends."""

        async def send_and_discard(message: Message) -> None:
            if self._rejected and message["type"] == "http.response.body":
                await send({**message, "more_body": True})
                with suppress(TimeoutError):
                    async with asyncio.timeout(DISCARD_SECONDS):
                        await self._discard()
                message = {**message, "body": b""}
            await send(message)

        return send_and_discard

    async def __call__(self) -> Message:
        message = await self._receive_next()
        if self._bytes_read > self._max_bytes:
            self._rejected = True
            raise HTTPException(413, self.reason, CLOSE_CONNECTION)
        return message

    async def _receive_next(self) -> Message:
        self._awaits_continue = False  # the server sends "100 Continue" at the first read
        message = await self._receive()
        self._bytes_read += len(message.get("body", b""))
        self._complete = not message.get("more_body")
        return message

    async def _discard(self) -> None:
        max_bytes = self._max_bytes * DISCARD_FACTOR
        while not self._complete and not self._awaits_continue and self._bytes_read < max_bytes:
            await self._receive_next()
