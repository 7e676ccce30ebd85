"""Commands `feeds list` and `feeds show`."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from service.commands.running.output import AsJson, print_lines
from service.commands.running.store import open_store
from service.domain.operations.remedies import explain_feed_error
from service.errors import NotFoundError
from service.errors.redaction import redact_url, redact_urls
from service.store.articles import pages
from service.store.catalogue import feed_history, feeds

_SHOWN_OF_FEED = (
    "url",
    "title",
    "status",
    "last_fetched_at",
    "last_success_at",
    "next_fetch_at",
    "error_count",
    "error_kind",
    "error",
    "redirect_url",
    "redirect_since",
    "charset",
    "fetch_url",
    "user_agent",
    "interval_minutes",
    "full_text",
)
_SHOWN_OF_MOVE = ("at", "old_url", "new_url", "retired", "undone_at")
_SHOWN_OF_FETCH = (
    "at",
    "outcome",
    "http_status",
    "received",
    "entries",
    "admitted",
    "revised",
    "rejected",
    "error_kind",
    "error",
    "warnings",
)


def list_feeds(*, as_json: AsJson = False) -> None:
    """List all feeds with outlet, status and last error."""
    with open_store() as store, store.sessions.begin() as session:
        rows = [
            {
                "id": feed.id,
                "url": redact_url(feed.url),
                "title": feed.title,
                "outlet": outlet.slug,
                "status": feed.status,
                "last_success_at": feed.last_success_at and feed.last_success_at.isoformat(),
                "next_fetch_at": feed.next_fetch_at.isoformat(),
                "errors": feed.error_count,
                "error": feed.error,
                "overrides": {
                    name: value
                    for name, value in asdict(feeds.get_overrides(feed)).items()
                    if value is not None
                },
            }
            for feed, outlet in feeds.list_feeds_with_outlets(session)
        ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    lines = (
        f"{row['id']:6} {row['status']:8} {row['outlet']:24} {row['url']}  {row['error'] or ''}".rstrip()
        for row in rows
    )
    print_lines(lines, empty="no feeds")


def show(
    url: Annotated[str, typer.Argument(help="URL or id of a feed; see `samestory feeds list`.")],
    *,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of fetches.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show one feed with its last fetches and its moves to other URLs."""
    with open_store() as store, store.sessions.begin() as session:
        feed = feeds.find_feed(session, url)
        if feed is None:
            raise NotFoundError("feed", url)
        details = {name: _printable(getattr(feed, name)) for name in _SHOWN_OF_FEED}
        remedy = explain_feed_error(feed.error_kind).remedy if feed.error else None
        moves = [
            {name: _printable(getattr(move, name)) for name in _SHOWN_OF_MOVE}
            for move in feed_history.list_moves(session, feed.id)
        ]
        page_counts = pages.count_outcomes(session, feed.id)
        fetches = [
            {name: _printable(getattr(fetch, name)) for name in _SHOWN_OF_FETCH}
            for fetch in feed_history.list_fetches(session, feed.id, limit=limit)
        ]
    if as_json:
        print(
            json.dumps(
                {
                    **details,
                    "remedy": remedy,
                    "pages": page_counts,
                    "moves": moves,
                    "fetches": fetches,
                },
                ensure_ascii=False,
            )
        )
        return
    for name, value in {**details, "remedy": remedy}.items():
        print(f"{name:16} {value if value not in (None, '') else '-'}")
    if page_counts:
        print(f"{'pages':16} {', '.join(f'{n} {name}' for name, n in page_counts.items())}")
    for move in moves:
        kind = "undone" if move["undone_at"] else "retired" if move["retired"] else "moved"
        print(f"{move['at']}  {kind:12} {move['old_url']} -> {move['new_url']}")
    for fetch in fetches:
        counts = f"{fetch['entries']} entries, {fetch['admitted']} new, {fetch['revised']} revised"
        text = fetch["error"] or "; ".join([counts, *fetch["warnings"]])
        print(f"{fetch['at']}  {fetch['outcome']:12} {text}")


def _printable(value: Any) -> Any:
    """Return a value for JSON; the URLs of a text are redacted."""
    if isinstance(value, str):
        return redact_urls(value)
    return value.isoformat() if isinstance(value, datetime) else value
