"""`samestory mcp`: MCP server for agents, over standard input and output or over HTTP."""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import structlog
import typer

from jobs.running.signals import handle_signals
from service.commands.running.servers.http_server import serve_in_thread
from service.commands.running.times import utc_now
from service.errors import BadInputError
from service.settings import load as settings_module
from service.settings import logging
from service.settings.load import Settings
from service.settings.sections.web import is_loopback

log = structlog.get_logger()


def mcp(
    url: Annotated[
        str,
        typer.Option(
            help="Base URL of the samestory API. Default: the setting `client.url`; if it is "
            "empty, the address of the service on this machine."
        ),
    ] = "",
    host: Annotated[str, typer.Option(help="With --http: address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="With --http: port to listen on; 0 picks a free one.")
    ] = 8076,
    *,
    http: Annotated[
        bool,
        typer.Option(
            "--http", help="Serve streamable HTTP at /mcp instead of standard input and output."
        ),
    ] = False,
) -> None:
    r"""Serve read-only tools for AI agents (Model Context Protocol).

    The tools use the API of a running service. The command requires the extra `mcp`: in the
    checkout, run pip install ./service/client '.\[mcp]'.
    """
    settings = settings_module.load()
    logging.configure(settings.log)
    implementation = _import_server()
    with implementation.open_client(url or _api_url(settings), settings.client.key) as client:
        server = implementation.create_server(
            client,
            share_key=not http or is_loopback(host),
            version=version("samestory"),
            clock=utc_now,
        )
        if not http:
            server.run()
            return
        app = implementation.create_http_app(server, host)
        with handle_signals() as stop, serve_in_thread(app, host, port) as bound_port:
            shown_host = f"[{host}]" if ":" in host else host
            log.info("MCP server started", action="up", url=f"http://{shown_host}:{bound_port}/mcp")
            stop.wait()


def _api_url(settings: Settings) -> str:
    """The setting client.url, or else the address of the service on this machine."""
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104  # read, not bound
    return settings.client.url or f"http://{host}:{web.port}"


def _import_server() -> Any:
    """Import service.mcp.server late, because the extra `mcp` may not be installed.

    Raises:
        BadInputError: it is not installed.
    """
    try:
        return import_module("service.mcp.server")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types", "samestory_client"}:
            raise
        raise BadInputError(
            "samestory mcp requires the extra `mcp`; in the checkout, run "
            "pip install ./service/client '.[mcp]'"
        ) from error
