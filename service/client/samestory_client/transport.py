"""HTTP transport of the client: API keys, retries, ETag cache, error responses."""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from samestory_client.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnreachableError,
    InvalidResponseError,
    InvalidUrlError,
)

NO_CONTENT, NOT_MODIFIED, ERRORS_FROM = 204, 304, 400
#: A GET request is retried after these statuses, and after any with Retry-After.
RETRIED_STATUSES = (429, 502, 503, 504)
#: Size of the pieces of a streamed body.
STREAM_BYTES = 1 << 16
#: Error messages are cut to this number of characters.
MAX_MESSAGE = 300
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response body with its ETag."""

    etag: str
    body: bytes


def connection_pool(*, timeout: float, retries: int) -> urllib3.PoolManager:
    """A connection pool with a timeout in seconds that repeats failed GET requests."""
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(timeout),
        retries=urllib3.Retry(
            retries,
            backoff_factor=0.2,
            backoff_jitter=0.1,
            status_forcelist=RETRIED_STATUSES,
            allowed_methods={"GET"},
            raise_on_status=False,
        ),
    )


class Transport:
    """Sends requests to one service; thread-safe. Caches the last `cache_size` responses."""

    def __init__(self, url: str, key: str, *, pool: urllib3.PoolManager, cache_size: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
            raise InvalidUrlError(url)
        if not (key.isascii() and key.isprintable()):
            raise ApiError("Invalid API key: it contains a line break or a character outside ASCII")
        self.url = url.rstrip("/")
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": _user_agent(),
        }
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._pool = pool
        self._cache_size = cache_size
        self._cache: OrderedDict[str, CachedResponse] = OrderedDict()
        self._lock = threading.Lock()

    def with_key(self, key: str) -> "Transport":
        """A transport with another key that shares the connections.

        It has its own cache, because responses may depend on the key.
        """
        return Transport(self.url, key, pool=self._pool, cache_size=self._cache_size)

    def stream(self, path: str, parameters: Parameters) -> Iterator[bytes]:
        """The body of a response in pieces; raises ApiError like `get`, also if it is cut off."""
        query = urlencode(_to_json(parameters), doseq=True, errors="surrogatepass")
        url = f"{self.url}{path}?{query}"
        response = self._send("GET", url, headers=self._headers, preload_content=False)
        try:
            if response.status >= ERRORS_FROM:
                _read_json(response, url)
            yield from response.stream(STREAM_BYTES, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise ApiUnreachableError(self.url, _one_line(error)) from error
        finally:
            response.close()

    def get(self, path: str, parameters: Parameters | None = None) -> Any:
        """The JSON at a path, from the cache if the service responds with 304.

        Raises:
            ApiError: there is no response, or the response reports an error or is not JSON.
        """
        # Lone surrogates are sent unchanged; the service reports them as a 422 error.
        query = urlencode(_to_json(parameters or {}), doseq=True, errors="surrogatepass")
        url = f"{self.url}{path}{'?' * bool(query)}{query}"
        cached = self._cache.get(url)
        conditions = {"If-None-Match": cached.etag} if cached else {}
        response = self._send("GET", url, headers=self._headers | conditions)
        if cached and response.status == NOT_MODIFIED:
            return json.loads(cached.body)
        content = _read_json(response, url)
        if etag := response.headers.get("ETag"):
            self._store(url, CachedResponse(etag, response.data))
        return content

    def send(self, method: str, path: str, body: Parameters | None = None) -> Any:
        """The JSON response to a JSON body; None if the response has no body.

        Raises ApiError like `get`. Never retried.
        """
        url, headers, content = self.url + path, self._headers, None
        if body is not None:
            headers = headers | {"Content-Type": "application/json"}
            content = json.dumps(_to_json(body)).encode()
        response = self._send(method, url, headers=headers, body=content)
        return None if response.status == NO_CONTENT else _read_json(response, url)

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        self._pool.clear()

    def _send(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, url, **options)
        except urllib3.exceptions.HTTPError as error:
            # The message of MaxRetryError shows the pool object; its reason does not.
            reason = getattr(error, "reason", None) or error
            raise ApiUnreachableError(self.url, _one_line(reason)) from error

    def _store(self, url: str, response: CachedResponse) -> None:
        with self._lock:
            self._cache[url] = response
            self._cache.move_to_end(url)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def _read_json(response: urllib3.BaseHTTPResponse, url: str) -> Any:
    try:
        content = json.loads(response.data)
    except ValueError as error:
        if response.status < ERRORS_FROM:
            raise InvalidResponseError(f"{url}: the response is not JSON") from error
        content = {}
    if response.status < ERRORS_FROM:
        return content
    problem = content if isinstance(content, dict) else {}
    errors = [f"{each.get('location')}: {each.get('detail')}" for each in problem.get("errors", [])]
    detail = "; ".join(errors) or problem.get("detail") or response.reason or "no reason given"
    raise ApiRefusedError(url, response.status, _one_line(detail), problem)


def _to_json(value: Any) -> Any:
    """A value with datetimes as ISO 8601 text and without mapping entries that are None."""
    if isinstance(value, Mapping):
        return {name: _to_json(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_to_json(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:MAX_MESSAGE]


def _user_agent() -> str:
    try:
        return f"samestory-client/{version('samestory-client')}"
    except PackageNotFoundError:  # the package was copied without its metadata
        return "samestory-client"
