"""Asking over HTTP: addresses, keys, conditional requests, and problems as errors."""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from service.errors import ApiRefusedError, ApiUnreachableError, BadInputError

NOT_MODIFIED, FAILED_FROM = 304, 400
#: Answers that a read is tried again after, if the service does not say when.
PASSING = (429, 502, 503, 504)
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """An answer that was seen, and what it is known by."""

    etag: str
    body: bytes


def connections(*, timeout: float, retries: int) -> urllib3.PoolManager:
    """Connections that wait so many seconds, and try reads that fail in passing so often again."""
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(timeout),
        retries=urllib3.Retry(
            retries,
            backoff_factor=0.2,
            backoff_jitter=0.1,
            status_forcelist=PASSING,
            allowed_methods={"GET"},
            raise_on_status=False,
        ),
    )


class Wire:
    """Questions to one service; may be shared by threads."""

    def __init__(self, url: str, key: str, *, pool: urllib3.PoolManager, keep: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
            raise BadInputError(
                f"{url!r} is no address of a service, such as http://127.0.0.1:8075"
            )
        self.url = url.rstrip("/")
        self._headers = _headers(key)
        self._pool = pool
        self._keep = keep
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._lock = threading.Lock()

    def holding(self, key: str) -> "Wire":
        """The same service asked with another key, over the same connections.

        What it is told is kept apart: one key may be told what another is not.
        """
        return Wire(self.url, key, pool=self._pool, keep=self._keep)

    def get(self, path: str, parameters: Parameters | None = None) -> Any:
        """The JSON at a path; one that is known and unchanged is not sent again.

        Raises:
            ApiError: there was no answer, or one that says why not.
        """
        # What is no Unicode goes out as it is: the service says why it does not take it.
        asked = urlencode(_words(parameters or {}), doseq=True, errors="surrogatepass")
        url = f"{self.url}{path}{'?' * bool(asked)}{asked}"
        known = self._known.get(url)
        conditions = {"If-None-Match": known.etag} if known else {}
        answer = self._send("GET", url, headers=self._headers | conditions)
        if known and answer.status == NOT_MODIFIED:
            return json.loads(known.body)
        told = _read(answer, url)
        if etag := answer.headers.get("ETag"):
            self._remember(url, Known(etag, answer.data))
        return told

    def post(self, path: str, body: Parameters) -> Any:
        """The JSON that comes for a body; ApiError as for `get`, and nothing is tried again."""
        url, sent = self.url + path, json.dumps(_words(body)).encode()
        headers = self._headers | {"Content-Type": "application/json"}
        return _read(self._send("POST", url, headers=headers, body=sent), url)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def _send(self, method: str, url: str, **more: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, url, **more)
        except urllib3.exceptions.HTTPError as error:
            # Without the pool's own words, that are about its objects.
            reason = getattr(error, "reason", None) or error
            raise ApiUnreachableError(self.url, _line(reason)) from error

    def _remember(self, url: str, known: Known) -> None:
        with self._lock:
            self._known[url] = known
            self._known.move_to_end(url)
            while len(self._known) > self._keep:
                self._known.popitem(last=False)


def _read(answer: urllib3.BaseHTTPResponse, url: str) -> Any:
    try:
        told = json.loads(answer.data)
    except ValueError as error:
        if answer.status < FAILED_FROM:
            raise ApiRefusedError(url, answer.status, "the answer is no JSON") from error
        told = {}
    if answer.status < FAILED_FROM:
        return told
    problem = told if isinstance(told, dict) else {}
    faults = [f"{fault.get('where')}: {fault.get('detail')}" for fault in problem.get("errors", [])]
    detail = "; ".join(faults) or problem.get("detail") or answer.reason or "no reason given"
    raise ApiRefusedError(url, answer.status, _line(detail), problem)


def _words(parameters: Parameters) -> dict[str, Any]:
    """Parameters as they are written; those that are None are left out."""
    return {name: _word(value) for name, value in parameters.items() if value is not None}


def _word(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_word(each) for each in value]
    return value


def _line(text: object) -> str:
    return " ".join(str(text).split())[:300]


def _headers(key: str) -> dict[str, str]:
    said = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": _user_agent()}
    return said | ({"Authorization": f"Bearer {key}"} if key else {})


def _user_agent() -> str:
    try:
        return f"samestory-client/{version('samestory')}"
    except PackageNotFoundError:  # the folder was copied
        return "samestory-client"
