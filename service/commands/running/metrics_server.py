"""HTTP server for the metrics of a process without a web server."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import start_http_server

from service.errors import SettingsError
from service.settings.daemon import MetricsSettings
from service.telemetry import process

log = structlog.get_logger()


@contextmanager
def serve_metrics(settings: MetricsSettings) -> Iterator[None]:
    """Serve the metrics of the process in a background thread; nothing without a port.

    Raises:
        SettingsError: the server cannot listen on the address.
    """
    if not settings.port:
        yield
        return
    address = f"{settings.host} port {settings.port}"
    try:
        server, thread = start_http_server(settings.port, settings.host, process.REGISTRY)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {address}: {error.strerror}; set SAMESTORY_METRICS__PORT to another "
            "port"
        ) from error
    log.info("metrics are served", action="metrics_served", address=address)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
