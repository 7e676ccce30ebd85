"""Redaction of stored addresses: feeds and webhooks may have passwords and tokens in their URLs."""

import re
from urllib.parse import urlsplit, urlunsplit

#: Stands for a hidden value of a query.
HIDDEN = "…"
#: A URL within a text; quotation marks, brackets and spaces end it, except in its password.
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s/?#@]{0,200}@)?[^\s\"'<>()`]+", re.IGNORECASE)


def redact_url(url: str) -> str:
    """Return the only form of a stored URL that logs, lists, errors, API and pages show.

    User, password and fragment are omitted, and the values of the query are hidden. The result is
    empty if the URL cannot be parsed. Idempotent.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises ValueError for the start of a password with a slash
    except ValueError:
        return ""
    if not parts.netloc and "@" in url:
        return ""  # mistyped, such as http:/user:password@host
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(map(_hide_value, parts.query.split("&"))) if parts.query else ""
    return urlunsplit(parts._replace(netloc=host, query=query, fragment=""))


def _hide_value(field: str) -> str:
    """Hide the value of a field; one without a name, such as `12ab`, may be a token as a whole."""
    name, equals, _ = field.partition("=")
    return f"{name}={HIDDEN}" if equals else HIDDEN


def redact_urls(text: str) -> str:
    """Return a text, such as a message of a library, with each URL redacted."""
    return _URL.sub(lambda match: redact_url(match[0]) or HIDDEN, text)
