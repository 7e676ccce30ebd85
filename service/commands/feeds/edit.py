"""Commands `feeds undo-move` and `feeds set`."""

from dataclasses import asdict
from typing import Annotated

import typer

from service.commands.running.store import open_store
from service.errors import BadInputError, NotFoundError
from service.errors.redaction import redact_url
from service.store.catalogue import feed_history, feeds
from service.store.catalogue.feeds import FeedStatus


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
    with open_store() as store, store.sessions.begin() as session:
        move = feed_history.undo_move(session, url, now=store.clock())
        restored, left = redact_url(move.old_url), redact_url(move.new_url)
    print(f"restored: {restored} (was {left})")


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
    with open_store() as store, store.sessions.begin() as session:
        feed = feeds.find_feed(session, url)
        if feed is None:
            raise NotFoundError("feed", url)
        if status:
            feeds.set_status(session, feed.id, status, now=store.clock())
            print(f"{status}: {url}")
        if full_text is not None:
            feeds.set_full_text(session, feed.id, full_text=full_text)
            print(f"{'full text' if full_text else 'no full text'}: {url}")
        if changes:
            overrides = asdict(change_overrides(session, feed.id, changes, now=store.clock()))
            values = (f"{name}={overrides[name] or 'default'}" for name in changes)
            print(f"{', '.join(values)}: {url}")
