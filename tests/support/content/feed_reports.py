"""Invented reports as RSS items, for tests of the job pipeline."""

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

MEETING = (
    "Defence ministers of Arland and Borvia meet in Castelmar",
    "The defence ministers of Arland and Borvia met in Castelmar to discuss the border posts.",
)
MEETING_AGAIN = (
    "Arland and Borvia defence ministers hold talks in Castelmar on border posts",
    "Meeting in Castelmar, the defence ministers of Arland and Borvia discussed border posts.",
)
FERRY = (
    "Ferry Halcyon runs aground off Tern Island",
    "The ferry Halcyon ran aground in fog off Tern Island; all passengers were rescued.",
)


def item(slug: str, report: tuple[str, str], at: datetime, *, host: str = "daily.example") -> str:
    """Render a report as an RSS item."""
    title, text = report
    return (
        f"<item><title>{escape(title)}</title><link>https://{host}/{slug}</link>"
        f"<description>{escape(text)}</description>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
    )


def rss(items: Iterable[str]) -> bytes:
    """Render an RSS feed of items."""
    channel = f"<title>Daily</title><link>https://daily.example/</link><language>en</language>{''.join(items)}"
    return f'<rss version="2.0"><channel>{channel}</channel></rss>'.encode()
