"""Outlets, families and feeds: what is read, and when next."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column, not_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from service.domain.catalogue.feed_update import FeedUpdate
from service.domain.catalogue.outlet_edits import EDITABLE_FIELDS
from service.domain.catalogue.outlets import Outlet, SiteIndex
from service.errors import NotFoundError
from service.store.database import locks
from service.store.tables import FamilyRow, FeedRow, FetchRow, OutletRow

#: Name of the lock that whoever writes outlets and families holds, for they do so in any order.
LOCK = "outlets"


class FeedStatus(StrEnum):
    """Whether a feed is fetched."""

    ACTIVE = "active"
    PAUSED = "paused"  #: not for now
    RETIRED = "retired"  #: no more, as its outlet or its operator said


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed to add."""

    url: str
    outlet: str  #: slug
    title: str
    site_url: str | None = None
    language: str | None = None


def save_outlets(
    session: Session, outlets: Iterable[Outlet], *, families: Mapping[str, str] | None = None
) -> None:
    """Add outlets with their families, or bring known ones up to date; none is removed.

    Facts that an admin changed stay; what is configured_values in their place is kept beside them.
    """
    outlets = list(outlets)
    if not outlets:
        return
    locks.lock_until_commit(session, LOCK)
    is_renamed = OutletRow.configured_values.has_key("name")
    renamed = dict(session.execute(select(OutletRow.slug, OutletRow.name).where(is_renamed)).all())
    names = {each.family or each.slug: renamed.get(each.slug, each.name) for each in outlets}
    names |= families or {}
    family = insert(FamilyRow)
    session.execute(
        family.on_conflict_do_update(index_elements=["slug"], set_={"name": family.excluded.name}),
        [{"slug": slug, "name": name} for slug, name in sorted(names.items())],
    )
    statement = insert(OutletRow)
    given = statement.excluded
    facts = {
        name: case(
            (OutletRow.configured_values.has_key(name), OutletRow.__table__.c[name]),
            else_=given[name],
        )
        for name in EDITABLE_FIELDS
    }
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["slug"],
            set_={**facts, "sites": given.sites, "configured_values": _configured(given)},
        ),
        [_outlet_values(outlet) for outlet in outlets],
    )


def add_feeds(session: Session, feeds: Iterable[NewFeed], *, now: datetime) -> int:
    """Add feeds that are not known yet, due at once; how many were new."""
    outlet_ids = dict(session.execute(select(OutletRow.slug, OutletRow.id)).all())
    values = [
        {
            "url": feed.url,
            "outlet_id": outlet_ids[feed.outlet],
            "title": feed.title,
            "site_url": feed.site_url,
            "language": feed.language,
            "next_fetch_at": now,
            "created_at": now,
        }
        for feed in feeds
    ]
    if not values:
        return 0
    statement = insert(FeedRow).on_conflict_do_nothing(index_elements=["url"])
    return len(session.scalars(statement.returning(FeedRow.id), values).all())


def find_due_feeds(session: Session, *, now: datetime) -> list[FeedRow]:
    """Active feeds whose time has come, the longest overdue first."""
    statement = (
        select(FeedRow)
        .where(FeedRow.status == "active", FeedRow.next_fetch_at <= now)
        .order_by(FeedRow.next_fetch_at, FeedRow.id)
    )
    return list(session.scalars(statement))


def list_feeds_with_outlets(session: Session) -> list[tuple[FeedRow, OutletRow]]:
    """Every feed with its outlet, by outlet and title."""
    statement = (
        select(FeedRow, OutletRow)
        .join(OutletRow, OutletRow.id == FeedRow.outlet_id)
        .order_by(OutletRow.slug, FeedRow.title, FeedRow.id)
    )
    return list(session.execute(statement))


def count_feeds(session: Session, *, outside: str = "") -> int:
    """How many feeds are known, not counting those whose URL begins with `outside`."""
    statement = select(func.count()).select_from(FeedRow)
    if outside:
        statement = statement.where(not_(FeedRow.url.startswith(outside, autoescape=True)))
    return session.scalar(statement) or 0


def load_site_index(session: Session) -> SiteIndex:
    """Finds outlets by link, over all known outlets."""
    rows = session.execute(select(OutletRow.slug, OutletRow.sites))
    return SiteIndex({site: slug for slug, sites in rows for site in sites})


def load_outlet_ids(session: Session) -> dict[str, int]:
    """Ids by slug."""
    return dict(session.execute(select(OutletRow.slug, OutletRow.id)).all())


def apply_update(session: Session, feed_id: int, change: FeedUpdate) -> None:
    """Store the new values of a feed after a fetch."""
    values: dict[str, Any] = {
        "last_fetched_at": change.fetched_at,
        "error_count": change.error_count,
        "error_kind": change.error_kind,
        "error": change.error,
    }
    if change.validators:
        values |= asdict(change.validators)
    if change.succeeded_at:
        values["last_success_at"] = change.succeeded_at
    if change.next_fetch_at:
        values["next_fetch_at"] = change.next_fetch_at
    if change.url:
        values["url"] = change.url
    if change.retired:
        values["status"] = "retired"
    session.execute(update(FeedRow).where(FeedRow.id == feed_id).values(**values))


def find_feed_by_url(session: Session, url: str) -> FeedRow | None:
    """The feed with this URL."""
    return session.scalar(select(FeedRow).where(FeedRow.url == url))


def set_status(session: Session, feed_id: int, status: FeedStatus, *, now: datetime) -> None:
    """Let a feed be fetched or not; one that becomes active is due at once.

    Raises:
        NotFoundError: there is no such feed.
    """
    row = session.get(FeedRow, feed_id)
    if row is None:
        raise NotFoundError("feed", feed_id)
    if status is FeedStatus.ACTIVE and row.status != status:
        row.next_fetch_at = now
    row.status = status
    session.flush()


def record_fetch(session: Session, fetch: FetchRow) -> None:
    """Keep the account of one fetch."""
    session.add(fetch)


def move_feeds(session: Session, pattern: str, base_url: str) -> None:
    """Give the beginning of feed URLs that match a regular expression another value."""
    session.execute(update(FeedRow).values(url=func.regexp_replace(FeedRow.url, pattern, base_url)))


def make_all_due(session: Session, *, now: datetime) -> None:
    """Let every active feed be fetched at the next run."""
    session.execute(update(FeedRow).where(FeedRow.status == "active").values(next_fetch_at=now))


def _configured(given: Any) -> ColumnElement[Any]:
    """What the configuration says now of the facts that are edited; NULL without any."""
    pairs: list[ColumnElement[Any]] = []
    for name in EDITABLE_FIELDS:
        pairs += (literal_column(f"'{name}'"), given[name])
    each = func.jsonb_each(func.jsonb_build_object(*pairs)).table_valued("key", "value")
    # By its name, for it is that of the row in conflict, not of the table.
    known: ColumnElement[Any] = literal_column("outlets.configured_values", JSONB())
    return (
        select(func.jsonb_object_agg(each.c.key, each.c.value))
        .where(known.op("?")(each.c.key))
        .scalar_subquery()
    )


def _outlet_values(outlet: Outlet) -> dict[str, Any]:
    return {
        "slug": outlet.slug,
        "name": outlet.name,
        "country": outlet.country,
        "language": outlet.language,
        "family": outlet.family or outlet.slug,
        "agency": outlet.agency,
        "sites": list(outlet.sites),
    }
