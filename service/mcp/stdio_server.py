"""MCP server over standard input and output that replies to unreadable lines, too.

The library ignores a line that it cannot parse, and the agent would wait for a response forever.
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


class ErrorReplyServer(MCPServer[Any]):
    """An MCP server that sends a JSON-RPC error for every unreadable line on standard input."""

    async def run_stdio_async(self) -> None:
        """Serve until standard input ends."""
        async with stdio_server() as (lines, output), _filter_readable(lines, output) as readable:
            server = self._lowlevel_server
            await server.run(readable, output, server.create_initialization_options())


@asynccontextmanager
async def _filter_readable(lines: Any, output: Any) -> AsyncIterator[Any]:
    """Yield a stream of the valid messages; reply to unreadable lines with an error."""
    messages, readable = anyio.create_memory_object_stream[Item](0)

    async def separate_lines() -> None:
        async with messages:
            async for item in lines:
                if not isinstance(item, Exception):
                    await messages.send(item)
                elif reply := error_reply(item):
                    await output.send(SessionMessage(reply))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(separate_lines)
        yield readable
        tasks.cancel_scope.cancel()


def error_reply(error: Exception) -> JSONRPCError | None:
    """The JSON-RPC 2.0 error for an unreadable line; None for a blank line.

    The code is -32700 if the line is not JSON, else -32600. The id is included if it can be read.
    """
    errors = error.errors() if isinstance(error, ValidationError) else []
    if errors and errors[0]["type"] == "json_invalid":
        line = errors[0]["input"]
        data = ErrorData(code=PARSE_ERROR, message=f"Parse error: {errors[0]['msg']}")
        is_blank = isinstance(line, str) and not line.strip()
        return None if is_blank else JSONRPCError(jsonrpc="2.0", id=_request_id(line), error=data)
    # A "missing" error at the top level carries the whole message as its input.
    missing = (
        each["input"] for each in errors if each["type"] == "missing" and _is_top_level(each)
    )
    data = ErrorData(code=INVALID_REQUEST, message="Invalid request: not a JSON-RPC message")
    return JSONRPCError(jsonrpc="2.0", id=_request_id(next(missing, None)), error=data)


def _is_top_level(error: ErrorDetails) -> bool:
    """Whether a field of the message itself is wrong: its location is (message type, field)."""
    return len(error["loc"]) == 2  # noqa: PLR2004  # as the docstring says


def _request_id(line: Any) -> int | str | None:
    """The id of a request, if readable; Python parses some lines that the library rejects."""
    try:
        message = json.loads(line) if isinstance(line, str) else line
        request_id = message.get("id") if isinstance(message, dict) else None
        if isinstance(request_id, str):
            request_id.encode()  # a lone surrogate cannot be sent back
    except (ValueError, RecursionError):
        return None
    return request_id if type(request_id) in {int, str} else None
