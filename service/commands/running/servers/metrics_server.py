"""HTTP server for the metrics of a process without a web server."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import make_asgi_app

from service.commands.running.servers.http_server import serve_in_thread
from service.settings.sections.daemon import MetricsSettings
from service.settings.sections.web import WebSettings
from service.telemetry import process

log = structlog.get_logger()


@contextmanager
def serve_metrics(settings: MetricsSettings, web: WebSettings) -> Iterator[int]:
    """Serve the metrics of the process in a background thread, if the settings have a port.

    `web` limits the connections. Yields the port, or 0 without one.

    Raises:
        SettingsError: the server cannot listen on the address.
    """
    if not settings.port:
        yield 0
        return
    app = make_asgi_app(process.REGISTRY)
    with serve_in_thread(app, settings.host, settings.port, web=web, section="METRICS") as port:
        address = f"{settings.host} port {port}"
        log.info("metrics are served", action="metrics_served", address=address)
        yield port
