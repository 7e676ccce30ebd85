"""Completion of URLs without a scheme or with spaces, as people and other programs write them."""

import re
from urllib.parse import urljoin

from service.domain.text.cleaning import join_lines
from service.domain.urls.canonical import is_web_url

# Some feed readers export `feed://host/path` and `feed:https://host/path`.
_FEED_SCHEME = re.compile(r"feed:(?://|(?=https?:))", re.IGNORECASE)
_HOST = re.compile(r"(?:(?:[\w-]+\.)+[\w-]{2,}|localhost|\d+(?:\.\d+){3})(?::\d+)?(?=[/?#]|$)")


def complete_url(text: str, *, base_url: str = "") -> str:
    """Return an absolute URL of a feed or a page as text without spaces; "" for empty text.

    A URL without a scheme is resolved against `base_url`. Without that, `https://` is added to a
    text that begins with a host name. Other texts are returned unchanged.
    """
    url = join_lines(text).replace(" ", "%20").replace("&amp;", "&")
    url = _FEED_SCHEME.sub(lambda match: "http://" if match[0].endswith("//") else "", url, count=1)
    if not url or is_web_url(url):
        return url
    try:
        if base_url:
            return urljoin(base_url, url)
    except ValueError:
        return url
    host = url.removeprefix("//")
    return f"https://{host}" if _HOST.match(host) else url
