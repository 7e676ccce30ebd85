"""Commands `feeds import`, `add`, `check`, `discover` and `export`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.running.output import AsJson
from service.commands.running.store import open_store
from service.errors import BadInputError
from service.errors.redaction import redact_url
from service.settings import load as settings_module
from service.settings.paths import CONFIG_DIR
from service.store.catalogue import feeds
from service.store.catalogue.feeds import FeedStatus

Url = Annotated[str, typer.Argument(help="HTTP or HTTPS URL of a feed.")]


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
    with open_store() as store, store.sessions.begin() as session:
        added = add_feeds(session, opml.feeds, now=store.clock())
    print(f"{added} feeds added, {len(opml.feeds) - added} already exist")


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
    with open_store() as store, store.sessions.begin() as session:
        added = add_feeds(session, [feed], now=store.clock())
    print(
        f"{'added' if added else 'already exists'}: {redact_url(feed.url)} ({feed.title or 'untitled'})"
    )


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


def export(
    path: Annotated[
        Path | None, typer.Argument(help="Output file. Default: standard output.")
    ] = None,
) -> None:
    """Export all feeds as OPML, with folders, categories and status."""
    from service.ingest.opml import OpmlFeed, write_opml  # noqa: PLC0415

    with open_store() as store, store.sessions.begin() as session:
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
