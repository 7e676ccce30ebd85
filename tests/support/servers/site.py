"""The web application on a real server at a free loopback port."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uvicorn
from fastapi import FastAPI

from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.web.app import create_app
from service.web.dependencies import ModelContext
from tests.support.content.site import busy_day
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import WORLD_NOW
from tests.support.database.embedded_articles import embed_all_articles, model_context
from tests.support.database.rows import NOW


@dataclass(frozen=True, slots=True)
class SiteResponse:
    """A response: status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()  #: values of Set-Cookie

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Site:
    """A running server; requests do not follow redirects."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(
        self,
        path: str,
        *,
        method: str = "GET",
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> SiteResponse:
        """Send one request with an unmodified path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Accept": accept, **(headers or {})})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            cookies = tuple(response.headers.get_all("set-cookie", ()))
            return SiteResponse(response.status, headers, response.read(), cookies)
        finally:
            connection.close()

    def page(self, path: str) -> SiteResponse:
        """Request a page with the Accept header of a browser."""
        return self.get(path, accept="text/html,application/xhtml+xml,*/*;q=0.8")


def serving(
    sessions: Sessions,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    model_context: ModelContext | None = None,
    port: int = 0,
) -> AbstractContextManager[Site]:
    """Serve a database inside the `with` block."""
    return running(create_app(sessions, clock=clock, model_context=model_context), port)


@contextmanager
def serving_busy_day(url: str) -> Iterator[Site]:
    """Fill an empty database with a busy day and serve it, for read-only tests."""
    engine = schema.make_engine(url)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        busy_day.fill(session)
    with serving(sessions, clock=lambda: busy_day.BUSY_NOW) as running:
        yield running
    engine.dispose()


@contextmanager
def serving_world(url: str) -> Iterator[Site]:
    """Fill an empty database with the sample content and serve it, for read-only tests."""
    engine = schema.make_engine(url)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        embed_all_articles(session)
    with serving(sessions, clock=lambda: WORLD_NOW, model_context=model_context()) as running:
        yield running
    engine.dispose()


def serving_app(
    sessions: Sessions, change: Callable[[FastAPI], None]
) -> AbstractContextManager[Site]:
    """Serve an application that `change` modifies before the start."""
    app = create_app(sessions, clock=lambda: NOW)
    change(app)
    return running(app)


@contextmanager
def running(app: FastAPI, port: int = 0) -> Iterator[Site]:
    """Serve an application inside the `with` block, by default on a free port."""
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", timeout_graceful_shutdown=1, proxy_headers=False
    )
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        # Same as the daemon: without it, a response on a reused connection waits 40 ms for an ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield Site(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)
