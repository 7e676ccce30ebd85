"""Validation of a webhook's target URL."""

from urllib.parse import urlsplit

from service.errors import BadInputError
from service.errors.redaction import redact_input

MAX_URL_LENGTH = 2000


def parse_target_url(text: str) -> str:
    """Return the URL unchanged if deliveries can be sent to it.

    Raises:
        BadInputError: it is not an http(s) URL, or it contains a user or password.
    """
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not text.isprintable() or " " in text or len(text) > MAX_URL_LENGTH:
        raise BadInputError(f"Invalid URL {redact_input(text)!r}: expected an http or https URL")
    if parts.username or parts.password:
        raise BadInputError(
            "The URL contains a user or password. Remove it: deliveries are signed instead"
        )
    return text
