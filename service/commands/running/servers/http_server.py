"""HTTP server: runs an ASGI application with uvicorn in a background thread."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from service.errors import SettingsError
from service.settings.sections.web import WebSettings
from service.web.connection_limits import limited_protocol

#: Seconds that running requests get to end at shutdown.
SHUTDOWN_TIMEOUT = 4


@contextmanager
def serve_in_thread(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    web: WebSettings | None = None,
    section: str = "WEB",
) -> Iterator[int]:
    """Serve an application from a background thread; yields the port.

    `X-Forwarded-For` and `X-Forwarded-Proto` are trusted only from the addresses and networks in
    `web.trusted_proxies`. `web`, if given, limits the connections. `section` is the section of the
    settings with the address, for the error message.

    Raises:
        SettingsError: the server cannot listen on the address.
    """
    proxies = web.trusted_proxies if web else ()
    config = uvicorn.Config(
        app,
        log_config=None,
        http=limited_protocol(web) if web else "auto",
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
        # By default uvicorn trusts localhost and the addresses in FORWARDED_ALLOW_IPS.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    server = uvicorn.Server(config)
    listener = _listen(host, port, section)
    thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(SHUTDOWN_TIMEOUT + 1)
        listener.close()


def _listen(host: str, port: int, section: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {error.strerror}; "
            f"set SAMESTORY_{section}__HOST and SAMESTORY_{section}__PORT to another address"
        ) from error
    # Headers and body are sent separately. With Nagle's algorithm the body of a response on a
    # keep-alive connection would wait for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
