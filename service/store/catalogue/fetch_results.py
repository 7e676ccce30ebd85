"""Results of fetches: their records, and the new states of their feeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, Integer, Table, Update, case, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from service.domain.catalogue.feed_update import FeedUpdate, FeedValidators
from service.store.catalogue.feeds import FeedStatus
from service.store.database.arrays import array_parameter, equals_any
from service.store.database.bulk import copy_rows
from service.store.tables import FeedRow, FetchRow

_FEEDS = cast("Table", FeedRow.__table__)
#: Columns of feeds that always get their new value.
_REPLACED = ("last_fetched_at", "error_count", "error_kind", "error")
#: Columns that get their new value if the update has validators.
_VALIDATED = ("etag", "last_modified")
#: Columns that keep the stored value if the new one is None.
_KEPT = ("last_success_at", "next_fetch_at", "url", "status")


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """The record of one fetch, with the columns of `FetchRow`."""

    feed_id: int
    run_id: int | None
    at: datetime
    elapsed: float
    outcome: str
    http_status: int | None
    received: int
    entries: int
    admitted: int
    revised: int
    rejected: int
    error_kind: str | None
    error: str | None
    warnings: list[str]


def record_fetches(session: Session, fetches: Sequence[FetchRecord]) -> None:
    """Store the records of fetches."""
    # Not `asdict`, which copies each value and took a quarter of the time of unchanged feeds.
    names = [each.name for each in fields(FetchRecord)]
    copy_rows(
        session, FetchRow, [{name: getattr(each, name) for name in names} for each in fetches]
    )


def apply_updates(session: Session, updates: Mapping[int, FeedUpdate]) -> None:
    """Store the new values of feeds after a fetch, by id of the feed."""
    if updates:
        session.execute(
            _build_update([_update_values(key, change) for key, change in updates.items()])
        )


def _build_update(rows: Sequence[Mapping[str, Any]]) -> Update:
    """Build one statement for all feeds.

    The new values of each column are one array parameter, so Postgres runs the statement once
    instead of once per feed.
    """
    kinds: dict[str, TypeEngine[Any]] = {"feed_id": Integer(), "has_validators": Boolean()}
    kinds |= {name: _FEEDS.c[name].type for name in (*_REPLACED, *_VALIDATED, *_KEPT)}
    arrays = (array_parameter(kind, [row[name] for row in rows]) for name, kind in kinds.items())
    new = func.unnest(*arrays).table_valued(*kinds, name="new").render_derived()
    # In order of ids, so that two processes do not wait for each other.
    locked = (
        select(_FEEDS.c.id)
        .where(equals_any(_FEEDS.c.id, [row["feed_id"] for row in rows]))
        .order_by(_FEEDS.c.id)
        .with_for_update(key_share=True)
    )
    stored = _FEEDS.c
    return (
        update(_FEEDS)
        .where(stored.id == new.c.feed_id, stored.id.in_(locked))
        .values(
            {name: new.c[name] for name in _REPLACED}
            | {
                name: case((new.c.has_validators, new.c[name]), else_=stored[name])
                for name in _VALIDATED
            }
            | {name: func.coalesce(new.c[name], stored[name]) for name in _KEPT}
        )
    )


def _update_values(feed_id: int, change: FeedUpdate) -> dict[str, Any]:
    validators = change.validators or FeedValidators(None, None)
    return {
        "feed_id": feed_id,
        "has_validators": change.validators is not None,
        "last_fetched_at": change.fetched_at,
        "error_count": change.error_count,
        "error_kind": change.error_kind,
        "error": change.error,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "last_success_at": change.succeeded_at,
        "next_fetch_at": change.next_fetch_at,
        "url": change.url,
        "status": FeedStatus.RETIRED if change.retired else None,
    }
