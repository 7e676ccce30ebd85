"""Redaction of stored addresses: feeds and webhooks may have passwords and tokens in their URLs."""

import re
from urllib.parse import urlsplit, urlunsplit

#: Stands for a hidden value of a query.
HIDDEN = "…"
_VALUE = re.compile(r"=[^&]*")
#: A URL within a text; quotation marks, brackets and spaces end it.
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>()`]+", re.IGNORECASE)


def redact_url(url: str) -> str:
    """Return the only form of a stored URL that logs, lists, errors, API and pages show.

    User, password and fragment are omitted, and the values of the query are hidden. The result is
    empty if the URL cannot be parsed. Idempotent.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    # A query without a name, such as `?12ab`, may be a token as a whole.
    query = _VALUE.sub(f"={HIDDEN}", parts.query) if "=" in parts.query else parts.query and HIDDEN
    return urlunsplit(parts._replace(netloc=host, query=query, fragment=""))


def redact_urls(text: str) -> str:
    """Return a text, such as a message of a library, with each URL redacted."""
    return _URL.sub(lambda match: redact_url(match[0]) or HIDDEN, text)
