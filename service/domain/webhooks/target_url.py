"""Validation of a webhook's target URL."""

from urllib.parse import SplitResult, urlsplit

from service.domain.urls.canonical import normalize_host
from service.errors import BadInputError
from service.errors.redaction import redact_input

MAX_URL_LENGTH = 2000


def parse_target_url(text: str) -> str:
    """Return the URL unchanged if deliveries can be sent to it.

    Raises:
        BadInputError: it is not an http(s) URL, or it contains a user or password.
    """
    if fault := _find_fault(text):
        raise BadInputError(f"Invalid URL {redact_input(text)!r}: {fault}")
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise BadInputError(
            "The URL contains a user or password. Remove it: deliveries are signed instead"
        )
    return text


def _find_fault(text: str) -> str:
    """Return the fault of a URL and its remedy; empty for a valid one."""
    if len(text) > MAX_URL_LENGTH:
        return f"longer than {MAX_URL_LENGTH} characters"
    if " " in text or not text.isprintable():
        return "percent-encode spaces and control characters"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "brackets need an IPv6 address"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "expected an http or https URL"
    if not _has_valid_port(parts):
        return "expected a port from 1 to 65535"
    return "" if normalize_host(parts.hostname) else "the host name is invalid"


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False
