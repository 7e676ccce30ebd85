"""Exceptions of the client; each message is one line."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """Base of every error that the client raises on purpose."""


class InvalidUrlError(ApiError):
    """The URL of the service is not an absolute http or https URL."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"Invalid service URL {url!r}: expected an http or https URL"
            " such as http://127.0.0.1:8075"
        )
        self.url = url


class ApiUnreachableError(ApiError):
    """The service did not respond, or not within the timeout."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No response from {url}: {reason}")
        self.url = url
        self.reason = reason


class ApiRefusedError(ApiError):
    """The service responded with an error status; `problem` is the RFC 9457 body."""

    def __init__(
        self, url: str, status: int, detail: str, problem: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{url}: {status}, {detail}")
        self.url = url
        self.status = status
        self.detail = detail
        self.problem = dict(problem or {})


class InvalidResponseError(ApiError):
    """The response is not JSON, or lacks fields that this API always returns."""
