"""Webhook receiver on loopback with configurable failures; records all requests."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from jobs.running.context import Context


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received request."""

    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The transition."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


#: Response to a delivery: a status code, 0 to close the connection, -n to hang for n seconds.
StatusFor = Callable[[Delivery], float]


class WebhookReceiver:
    """Responds with `status_for`, by default 204; 2xx deliveries are in `accepted`."""

    def __init__(self) -> None:
        self.status_for: StatusFor = lambda _: 204
        self.response_headers: dict[str, str] = {}
        self.requests: list[Delivery] = []
        self.accepted: list[Delivery] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def of_story(self, story: str) -> list[int]:
        """Ids of the accepted transitions of a story, in order of arrival."""
        return [each.data["id"] for each in self.accepted if each.data["story"] == story]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                delivery = Delivery(headers, body)
                outer.requests.append(delivery)
                status = outer.status_for(delivery)
                if status < 0:
                    time.sleep(-status)
                if status <= 0:
                    self.close_connection = True
                    return
                if 200 <= status < 300:
                    outer.accepted.append(delivery)
                self.send_response(int(status))
                for name, value in outer.response_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """No log: tests read `requests`."""

        return Handler


def deliver_to_loopback(context: Context, **values: Any) -> Context:
    """Return the context with webhooks that may use loopback addresses, and other settings."""
    hooks = replace(context.settings.webhooks, allow_networks=("127.0.0.0/8",), **values)
    return replace(context, settings=replace(context.settings, webhooks=hooks))
