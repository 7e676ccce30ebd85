"""Assembly of the MCP server: API client, tools, HTTP application."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from samestory_client import Client, InvalidUrlError
from starlette.types import ASGIApp

from service.errors import BadInputError
from service.mcp.briefings import JSON, STORIES_URI, STORY_URI, Briefings
from service.mcp.client_keys import ClientKeyMiddleware, client_for_request
from service.mcp.post_only import PostOnlyMiddleware
from service.mcp.stdio_server import ErrorReplyServer
from service.mcp.strict_tools import StrictPrompt, strict_tool
from service.mcp.tools import INSTRUCTIONS, Tools

READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def open_client(url: str, key: str) -> Client:
    """A client of the API.

    Raises:
        BadInputError: the URL is invalid.
    """
    try:
        return Client(url, key=key)
    except InvalidUrlError as error:
        raise BadInputError(str(error)) from error


def create_server(
    client: Client, *, share_key: bool, version: str, clock: Callable[[], datetime]
) -> MCPServer[Any]:
    """An MCP server whose tools call the API through `client`; it does not serve yet.

    `share_key`: requests without an API key of their own use the key of `client`.
    """
    tools = Tools(lambda: client_for_request(client, share_key=share_key), clock)
    functions = (
        *(tools.search, tools.stories, tools.story, tools.articles, tools.article),
        *(tools.storylines, tools.storyline, tools.match, tools.changes),
    )
    server = ErrorReplyServer(
        "samestory",
        instructions=INSTRUCTIONS,
        version=version,
        log_level="WARNING",
        tools=[strict_tool(function, READ_ONLY) for function in functions],
    )
    briefings = Briefings(tools)
    server.add_prompt(StrictPrompt.from_function(briefings.brief_me))
    server.resource(STORIES_URI, mime_type=JSON)(briefings.top_stories)
    server.resource(STORY_URI, mime_type=JSON)(briefings.one_story)
    return server


def create_http_app(server: MCPServer[Any], host: str) -> ASGIApp:
    """The ASGI application of a server, at /mcp; stateless, so any process can respond."""
    app = server.streamable_http_app(stateless_http=True, json_response=True, host=host)
    return PostOnlyMiddleware(ClientKeyMiddleware(app))
