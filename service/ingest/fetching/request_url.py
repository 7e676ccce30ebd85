"""URLs of requests, sent exactly as written: signed URLs depend on each character."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin

from yarl import URL

_ABSOLUTE = re.compile(
    r"(?P<scheme>https?)://(?:(?P<user>[^/?#]*)@)?(?P<host>[^/?#@]+)(?P<target>[^#]*)(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
#: Characters that cannot stand in a request line.
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class RequestUrl:
    """An absolute http(s) URL without user name and fragment.

    `text` identifies the URL. `sent` is the same URL for the HTTP client.
    """

    text: str
    sent: URL = field(compare=False)

    @property
    def host(self) -> str:
        """Host name or address in lower case."""
        return self.sent.host or ""


def parse_url(text: str) -> tuple[RequestUrl, str | None]:
    """Return the URL, and the value of the Authorization header for its user name and password.

    Only characters that HTTP cannot transport are escaped.

    Raises:
        ValueError: the text is not an absolute http(s) URL.
    """
    parts = _ABSOLUTE.fullmatch(text.strip())
    if parts is None:
        raise ValueError("expected https://host/path")
    origin = URL(f"{parts['scheme'].lower()}://{parts['host']}/")
    target = _UNSENDABLE.sub(lambda match: quote(match[0], safe=""), parts["target"])
    if not target.startswith("/"):
        target = f"/{target}"
    # As a query, `?` alone or a second `?` would not be sent as written; as part of the path it is.
    sent = URL.build(
        scheme=origin.scheme,
        authority=origin.host_port_subcomponent or "",
        path=target,
        encoded=True,
    )
    return RequestUrl(f"{origin.origin()}{target}", sent), _basic_authorization(parts["user"])


def join_location(base: RequestUrl, location: str) -> RequestUrl:
    """Return the target of a redirect; credentials in it are ignored.

    Raises:
        ValueError: the location is empty or not an http(s) URL.
    """
    if not location:
        raise ValueError("no location")
    if re.match(r"[a-z][a-z0-9+.-]*:", location, re.IGNORECASE):
        return parse_url(location)[0]
    reference = location.partition("#")[0]
    if not reference.endswith("?"):
        return parse_url(urljoin(base.text, reference))[0]
    # urljoin() removes an empty query.
    page = base.text.partition("?")[0] if reference == "?" else base.text
    return parse_url(urljoin(page, reference[:-1]) + "?")[0]


def _basic_authorization(user: str | None) -> str | None:
    if not user:
        return None
    login = URL(f"http://{user}@host/")
    pair = f"{login.user or ''}:{login.password or ''}".encode()
    return f"Basic {b64encode(pair).decode()}"
