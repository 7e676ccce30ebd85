"""Agents over standard input and output, of which no line goes unanswered; needs the extra `mcp`.

The library passes over a line that it cannot read, and whoever sent it would wait for ever.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError
from pydantic_core import ErrorDetails

Item = SessionMessage | Exception


class AnsweringServer(MCPServer[Any]):
    """A server that answers, over standard input and output, what it cannot read, too."""

    async def run_stdio_async(self) -> None:
        """Serve until standard input ends."""
        async with stdio_server() as (lines, answers), _readable(lines, answers) as readable:
            server = self._lowlevel_server
            await server.run(readable, answers, server.create_initialization_options())


@asynccontextmanager
async def _readable(lines: Any, answers: Any) -> AsyncIterator[Any]:
    """The messages among what was read; all else is answered at once."""
    found, readable = anyio.create_memory_object_stream[Item](0)

    async def sort() -> None:
        async with found:
            async for item in lines:
                if not isinstance(item, Exception):
                    await found.send(item)
                elif told := refusal(item):
                    await answers.send(SessionMessage(told))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sort)
        yield readable
        tasks.cancel_scope.cancel()


def refusal(error: Exception) -> JSONRPCError | None:
    """What is answered to a line that could not be read; nothing to a blank one.

    As JSON-RPC 2.0 has it: -32700 where it is no JSON, else -32600; with the id if it can be read.
    """
    faults = error.errors() if isinstance(error, ValidationError) else []
    if faults and faults[0]["type"] == "json_invalid":
        line = faults[0]["input"]
        told = ErrorData(code=PARSE_ERROR, message=f"Parse error: {faults[0]['msg']}")
        blank = isinstance(line, str) and not line.strip()
        return None if blank else JSONRPCError(jsonrpc="2.0", id=_id(line), error=told)
    # One of the shapes that a message may have lacks something, and is shown whole.
    lacking = (each["input"] for each in faults if each["type"] == "missing" and _is_flat(each))
    told = ErrorData(code=INVALID_REQUEST, message="Invalid request: no message of JSON-RPC")
    return JSONRPCError(jsonrpc="2.0", id=_id(next(lacking, None)), error=told)


def _is_flat(fault: ErrorDetails) -> bool:
    """Whether a fault is of the message itself: its place names the shape, and a field of that."""
    return len(fault["loc"]) == 2  # noqa: PLR2004  # as it says


def _id(line: Any) -> int | str | None:
    """The id of a request, if it is one; Python reads some lines that the library does not."""
    try:
        found = json.loads(line) if isinstance(line, str) else line
        asked = found.get("id") if isinstance(found, dict) else None
        if isinstance(asked, str):
            asked.encode()  # a lone surrogate cannot be sent back
    except (ValueError, RecursionError):
        return None
    return asked if type(asked) in {int, str} else None
