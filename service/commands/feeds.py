"""`samestory feeds`: manage the feed catalogue.

Only the commands that need `service.ingest` import it, because the import takes longer than a run
of `list`.
"""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.running.store import open_store
from service.domain.operations.remedies import explain_feed_error
from service.errors import BadInputError, NotFoundError
from service.errors.redaction import redact_url, redact_urls
from service.settings import load as settings_module
from service.settings.paths import CONFIG_DIR
from service.store.articles import pages
from service.store.catalogue import feed_history, feeds
from service.store.catalogue.feeds import FeedStatus

app = typer.Typer(help="Manage the feeds that the service fetches.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
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
Url = Annotated[str, typer.Argument(help="HTTP or HTTPS URL of a feed.")]


@app.command("import")
def import_file(
    path: Annotated[
        Path,
        typer.Argument(
            help="OPML file. Default: the feeds shipped with samestory.", show_default=False
        ),
    ] = CONFIG_DIR / "feeds.opml",
) -> None:
    """Add the feeds of an OPML file. Existing feeds stay unchanged.

    A bad outline is skipped. Its line and the reason go to standard error.
    """
    from service.ingest.add_feed import add_feeds  # noqa: PLC0415
    from service.ingest.catalogue_files import read_bytes  # noqa: PLC0415
    from service.ingest.opml import read_opml  # noqa: PLC0415

    opml = read_opml(read_bytes(path), name=str(path))
    for warning in opml.warnings:
        print(f"samestory: {warning}", file=sys.stderr)
    if not opml.feeds:
        raise BadInputError(f"{path}: the file contains no feeds")
    with open_store() as context, context.sessions.begin() as session:
        added = add_feeds(session, opml.feeds, now=context.clock())
    print(f"{added} feeds added, {len(opml.feeds) - added} already exist")


@app.command()
def add(
    url: Url,
    *,
    title: Annotated[str, typer.Option(help="Display name. Default: the title in the feed.")] = "",
) -> None:
    """Fetch and parse a feed, and add it.

    On failure, the command adds nothing, prints the reason and exits with 1.
    """
    from service.ingest.add_feed import add_feeds, fetch_feed  # noqa: PLC0415

    fetched = fetch_feed(url, settings_module.load())
    feed = fetched.to_opml(title)
    with open_store() as context, context.sessions.begin() as session:
        added = add_feeds(session, [feed], now=context.clock())
    print(
        f"{'added' if added else 'already exists'}: {redact_url(feed.url)} ({feed.title or 'untitled'})"
    )


@app.command()
def check(url: Url, *, as_json: AsJson = False) -> None:
    """Fetch and parse a feed, and print its properties. Stores nothing.

    On failure, the command prints the reason and exits with 1.
    """
    from service.ingest.add_feed import fetch_feed  # noqa: PLC0415

    fetched = fetch_feed(url, settings_module.load())
    result, parsed = fetched.result, fetched.parsed
    details: dict[str, Any] = {
        "url": url,
        "final_url": result.final_url,
        "moved_to": result.moved_to,
        "title": parsed.title,
        "format": parsed.format,
        "language": parsed.language,
        "entries": len(parsed.entries),
        "dated": sum(entry.published is not None for entry in parsed.entries),
        "seconds": round(result.elapsed, 3),
        "bytes": result.received,
        "warnings": list(parsed.warnings),
    }
    if as_json:
        print(json.dumps(details, ensure_ascii=False))
    else:
        for name, value in details.items():
            print(f"{name:10} {value if value not in (None, '', []) else '-'}")


@app.command()
def discover(
    url: Annotated[str, typer.Argument(help="URL of a web page, such as example.com.")],
    *,
    as_json: AsJson = False,
) -> None:
    """List the feeds of a web page. Each feed is fetched and parsed.

    If the page neither announces feeds nor links to any, the command tries usual addresses. If
    there are no feeds, it prints the reason and exits with 1.
    """
    from service.ingest.add_feed import discover_feeds  # noqa: PLC0415

    links = discover_feeds(url, settings_module.load())
    if as_json:
        rows = [{"url": link.url, "title": link.title, "guess": link.guess} for link in links]
        print(json.dumps(rows, ensure_ascii=False))
    for link in () if as_json else links:
        print(f"{link.url}\t{link.title}")


@app.command("list")
def list_feeds(*, as_json: AsJson = False) -> None:
    """List all feeds with outlet, status and last error."""
    with open_store() as context, context.sessions.begin() as session:
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
    for row in () if as_json else rows:
        print(
            f"{row['id']:6} {row['status']:8} {row['outlet']:24} {row['url']}  {row['error'] or ''}".rstrip()
        )


@app.command()
def show(
    url: Annotated[str, typer.Argument(help="URL or id of a feed; see `samestory feeds list`.")],
    *,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of fetches.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show one feed with its last fetches and its moves to other URLs."""
    with open_store() as context, context.sessions.begin() as session:
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


@app.command("undo-move")
def undo_move(
    url: Annotated[
        str,
        typer.Argument(
            help="Id of a feed that moved, or its old or new URL; see `samestory feeds show`."
        ),
    ],
) -> None:
    """Restore the URL that a feed had before a permanent redirect.

    The feed does not move to the same URL again.
    """
    with open_store() as context, context.sessions.begin() as session:
        move = feed_history.undo_move(session, url, now=context.clock())
        restored, left = redact_url(move.old_url), redact_url(move.new_url)
    print(f"restored: {restored} (was {left})")


@app.command("set")
def set_feed(
    url: Annotated[str, typer.Argument(help="URL or id of a feed; see `samestory feeds list`.")],
    *,
    status: Annotated[
        FeedStatus | None,
        typer.Option(
            help="active: fetched; paused: temporarily not fetched; "
            "retired: permanently not fetched."
        ),
    ] = None,
    charset: Annotated[
        str | None, typer.Option(help="Charset of the feed, such as windows-1251.")
    ] = None,
    fetch_url: Annotated[
        str | None, typer.Option(help="Address to fetch instead of the URL of the feed.")
    ] = None,
    user_agent: Annotated[
        str | None, typer.Option(help="User agent for this feed. Default: fetch.user_agent.")
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="Minutes between two fetches without errors.")
    ] = None,
    full_text: Annotated[
        bool | None,
        typer.Option(
            "--full-text/--no-full-text",
            help="Read the pages of its articles, unless the publisher refuses.",
        ),
    ] = None,
) -> None:
    """Set status, full text or overrides of a feed.

    An empty text, or the interval 0, restores the default. The articles of the feed are kept.
    """
    from service.ingest.feed_overrides import change_overrides  # noqa: PLC0415

    options: dict[str, str | float | None] = {
        "charset": charset,
        "fetch_url": fetch_url,
        "user_agent": user_agent,
        "interval_minutes": interval,
    }
    changes = {name: value for name, value in options.items() if value is not None}
    if status is None and full_text is None and not changes:
        raise BadInputError("Nothing to change: expected at least one option such as --status")
    with open_store() as context, context.sessions.begin() as session:
        feed = feeds.find_feed(session, url)
        if feed is None:
            raise NotFoundError("feed", url)
        if status:
            feeds.set_status(session, feed.id, status, now=context.clock())
            print(f"{status}: {url}")
        if full_text is not None:
            feeds.set_full_text(session, feed.id, full_text=full_text)
            print(f"{'full text' if full_text else 'no full text'}: {url}")
        if changes:
            overrides = asdict(change_overrides(session, feed.id, changes, now=context.clock()))
            values = (f"{name}={overrides[name] or 'default'}" for name in changes)
            print(f"{', '.join(values)}: {url}")


@app.command()
def export(
    path: Annotated[
        Path | None, typer.Argument(help="Output file. Default: standard output.")
    ] = None,
) -> None:
    """Export all feeds as OPML, with folders, categories and status."""
    from service.ingest.opml import OpmlFeed, write_opml  # noqa: PLC0415

    with open_store() as context, context.sessions.begin() as session:
        listed = [
            OpmlFeed(
                url=feed.url,
                title=feed.title,
                site=feed.site_url or "",
                language=feed.language or "",
                folders=tuple(feed.folders),
                categories=tuple(feed.categories),
                status=FeedStatus(feed.status),
            )
            for feed, _ in feeds.list_feeds_with_outlets(session)
        ]
    data = write_opml(listed, title="samestory: feeds")
    if path is None:
        sys.stdout.buffer.write(data)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInputError(f"Cannot write {path}: {error.strerror}") from error


def _printable(value: Any) -> Any:
    """Return a value for JSON; the URLs of a text are redacted."""
    if isinstance(value, str):
        return redact_urls(value)
    return value.isoformat() if isinstance(value, datetime) else value
