"""A webhook's receiver on loopback, which fails on command and remembers what it took."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The change."""
        told: dict[str, Any] = json.loads(self.body)["data"]
        return told


#: What to do with a delivery: a status, 0 to close the connection, below 0 to hang so long.
Verdict = Callable[[Delivery], float]


class WebhookReceiver:
    """Answers 204 unless `verdict` says otherwise; those that it took are in `taken`."""

    def __init__(self) -> None:
        self.verdict: Verdict = lambda _: 204
        self.answer_headers: dict[str, str] = {}
        self.came: list[Delivery] = []
        self.taken: list[Delivery] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def of_story(self, story: str) -> list[int]:
        """Numbers of the changes of a story that were taken, in their order."""
        return [each.data["id"] for each in self.taken if each.data["story"] == story]

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
                outer.came.append(delivery)
                verdict = outer.verdict(delivery)
                if verdict < 0:
                    time.sleep(-verdict)
                if verdict <= 0:
                    self.close_connection = True
                    return
                if 200 <= verdict < 300:
                    outer.taken.append(delivery)
                self.send_response(int(verdict))
                for name, value in outer.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Tests read what was asked from the receiver."""

        return Handler
