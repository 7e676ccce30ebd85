"""`samestory mcp`: the API as tools for agents, over standard input and output or over HTTP."""

from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import structlog
import typer

from jobs.running.daemon import serving
from jobs.running.signals import until_signalled
from service.client import Client
from service.commands.running.wiring import utc_now
from service.errors import BadInputError
from service.mcp.client_key import CallersKeys, client_of_caller
from service.settings import load as settings_module
from service.settings import logging
from service.settings.load import Settings
from service.settings.sections import is_loopback

log = structlog.get_logger()


def mcp(
    url: Annotated[str, typer.Option(help="The service to ask; client.url if not given.")] = "",
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="With --http: the port; 0 for any.")] = 8076,
    *,
    http: Annotated[
        bool,
        typer.Option("--http", help="Serve at /mcp (streamable HTTP), not on stdin and stdout."),
    ] = False,
) -> None:
    """Let agents search and read stories (Model Context Protocol); read-only."""
    settings = settings_module.load()
    logging.configure(settings.log)
    agents = _agents()
    with Client(url or _service(settings), key=settings.client.key) as client:
        lent = not http or is_loopback(host)
        server = agents.server(
            lambda: client_of_caller(client, lent=lent),
            version=version("samestory"),
            clock=utc_now,
        )
        if http:
            _over_http(server, host, port)
        else:
            server.run()


def _over_http(server: Any, host: str, port: int) -> None:
    # No sessions: each question stands for itself, and any number of processes may answer.
    app = server.streamable_http_app(stateless_http=True, json_response=True, host=host)
    with until_signalled() as stop, serving(CallersKeys(app), host, port) as listening:
        shown = f"[{host}]" if ":" in host else host
        log.info("tools are up", action="up", url=f"http://{shown}:{listening}/mcp")
        stop.wait()


def _service(settings: Settings) -> str:
    """Where the service is: the setting, or else this machine's own."""
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104  # read, not bound
    return settings.client.url or f"http://{host}:{web.port}"


def _agents() -> Any:
    """The tools; loaded late, for their package need not be there.

    Raises:
        BadInputError: it is not; the message names the extra.
    """
    try:
        return import_module("service.mcp.tools")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise BadInputError(
            "samestory mcp needs the extra `mcp`: pip install 'samestory[mcp]'"
        ) from error
