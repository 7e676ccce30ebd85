"""Redaction of stored addresses: feeds and webhooks may have passwords and tokens in their URLs."""

import re
from urllib.parse import urlsplit

#: Stands for a hidden value of a query.
HIDDEN = "…"
#: Options of a database URL that are no secrets.
DATABASE_OPTIONS = frozenset({"host", "hostaddr", "port", "sslmode"})
#: Longest part of a rejected text that a message shows.
_MAX_INPUT = 200
#: Longest error of a run that is stored.
_MAX_ERROR = 300
#: The local part of an email address.
_LOCAL_PART = re.compile(r"[^\s\"'<>()\[\],;:=/@]{1,64}(?=@[\w.-]+)")
#: Start of the statement in a message of SQLAlchemy.
_STATEMENT = re.compile(r"\[(SQL|parameters): .*", re.DOTALL)
#: User and password of a URL in the path of another one, and what may follow an escaped question
#: mark; some services fetch the address in their path.
_NESTED_USER = re.compile(r"(:/{1,2}|:%2f%2f|%3a%2f%2f)(?:(?!%2f|/).)*(?:@|%40)", re.IGNORECASE)
_NESTED_QUERY = re.compile(r"(%3f).*", re.IGNORECASE)
#: Value of a parameter in the path, such as `;session=12ab`.
_PATH_VALUE = re.compile(r"(;[^/;=]*=)[^/;]*")
#: An @ that does not start a segment, as the name in `/@name` does.
_MID_SEGMENT_AT = re.compile(r"[^/]@")
#: A URL within a text; quotation marks, brackets and spaces end it, except in its password. Or the
#: name (group 1) and value in the query of a path: messages of HTTP libraries contain paths without
#: a host.
_URL_OR_VALUE = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s/?#@]{0,200}@)?[^\s\"'<>()`\x00-\x1f]+"
    r"|(?<=[?&])([\w.%+-]{1,80}=)[^\s&\"'<>()`\x00-\x1f]+",
    re.IGNORECASE,
)


def redact_url(url: str) -> str:
    """Return the only form of a stored URL that logs, lists, errors, API and pages show.

    User, password and fragment are omitted, and the values of the query are hidden, also of a URL
    in the path. The result is empty if the URL cannot be parsed. Idempotent.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises ValueError for the start of a password with a slash
    except ValueError:
        return ""
    if not parts.netloc and "@" in url:
        return ""  # mistyped, such as http:/user:password@host
    host, path = parts.netloc.rpartition("@")[2], _NESTED_USER.sub(r"\1", parts.path)
    path = _PATH_VALUE.sub(rf"\1{HIDDEN}", _NESTED_QUERY.sub(rf"\1{HIDDEN}", path))
    if parts.port is not None and parts.netloc == host and _MID_SEGMENT_AT.search(path):
        return ""  # a password with an unescaped slash, such as http://user:12/34@host
    is_database = parts.scheme.startswith("postgresql")
    fields = (_hide_value(each, shown=is_database) for each in parts.query.split("&"))
    scheme = f"{parts.scheme}:" if parts.scheme else ""
    # The standard library omits the slashes of a database on a Unix socket, which has no host.
    authority = f"//{host}" if parts.netloc or url.lower().startswith(f"{scheme}//") else ""
    return f"{scheme}{authority}{path}" + (f"?{'&'.join(fields)}" if parts.query else "")


def _hide_value(field: str, *, shown: bool) -> str:
    """Hide the value of a field; one without a name, such as `12ab`, may be a token as a whole.

    With `shown`, options of a database URL that contain no secret stay.
    """
    name, equals, _ = field.partition("=")
    if shown and name in DATABASE_OPTIONS:
        return field
    return f"{name}={HIDDEN}" if equals else HIDDEN


def redact_input(text: str) -> str:
    """Return the form of a text that should be a URL, for the message that rejects it.

    Everything before the last @ is hidden, and the values of a query.
    """
    hidden, at, rest = text.rpartition("@")
    rest, question_mark, _ = rest.partition("?")
    shown = f"{HIDDEN if hidden else ''}{at}{rest}{question_mark + HIDDEN if question_mark else ''}"
    return shown[:_MAX_INPUT]


def redact_urls(text: str) -> str:
    """Return a text, such as a message of a library, with each URL and query redacted."""
    return _URL_OR_VALUE.sub(_redact_match, text)


def redact_error(error: str) -> str:
    """Return the form of the error of a run that everyone may read.

    It is the first line, without SQL, parameters, email addresses and the values in URLs, cut after
    300 characters. The log has the full text. Idempotent.
    """
    lines = _STATEMENT.sub("", error).strip().splitlines()
    return _LOCAL_PART.sub(HIDDEN, redact_urls(lines[0]))[:_MAX_ERROR] if lines else ""


def _redact_match(match: re.Match[str]) -> str:
    """Redact a match, but for punctuation at its end, which belongs to the sentence."""
    found = match[0].rstrip(".,:;")
    redacted = f"{match[1]}{HIDDEN}" if match[1] else redact_url(found) or HIDDEN
    return redacted + match[0][len(found) :]
