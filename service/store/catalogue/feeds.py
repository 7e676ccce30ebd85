"""Feeds and their settings; outlets and families as the configuration defines them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    case,
    func,
    literal_column,
    not_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from service.domain.catalogue.feed_overrides import FeedOverrides
from service.domain.catalogue.outlet_edits import EDITABLE_FIELDS
from service.domain.catalogue.outlets import Outlet, SiteIndex
from service.errors import BadInputError, NotFoundError
from service.store.database import locks
from service.store.tables import FamilyRow, FeedRow, OutletRow

#: Name of the lock for writes of outlets and families, which have no common order of rows.
LOCK = "outlets"
#: Ids are 32-bit integers.
MAX_ID_DIGITS = 9


class FeedStatus(StrEnum):
    """Fetch status of a feed: fetched, temporarily not fetched, or permanently not fetched."""

    ACTIVE = "active"
    PAUSED = "paused"  #: temporarily
    RETIRED = "retired"  #: permanently, by its outlet or the operator


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed to add."""

    url: str
    outlet: str  #: slug
    title: str
    site_url: str | None = None
    language: str | None = None
    status: FeedStatus = FeedStatus.ACTIVE
    folders: tuple[str, ...] = ()  #: in OPML lists
    categories: tuple[str, ...] = ()  #: in OPML lists


def save_outlets(
    session: Session, outlets: Iterable[Outlet], *, families: Mapping[str, str] | None = None
) -> None:
    """Insert or update outlets and their families; removes none.

    Fields that an admin edited stay; their configured values go to `configured_values`.
    """
    outlets = list(outlets)
    if not outlets:
        return
    locks.lock_until_commit(session, LOCK)
    _save_families(session, outlets, families or {})
    statement = insert(OutletRow)
    new = statement.excluded
    fields = {
        name: case(
            (OutletRow.configured_values.has_key(name), OutletRow.__table__.c[name]),
            else_=new[name],
        )
        for name in EDITABLE_FIELDS
    }
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["slug"],
            set_={
                **fields,
                "article_type": new.article_type,
                "sites": new.sites,
                "configured_values": _configured(new),
            },
        ),
        [
            {
                "slug": outlet.slug,
                "name": outlet.name,
                "country": outlet.country,
                "language": outlet.language,
                "family": outlet.family or outlet.slug,
                "agency": outlet.agency,
                "article_type": outlet.article_type,
                "sites": list(outlet.sites),
            }
            for outlet in outlets
        ],
    )


def _save_families(
    session: Session, outlets: Sequence[Outlet], families: Mapping[str, str]
) -> None:
    """Insert or rename the families of outlets; an outlet of its own family gives it its name."""
    is_renamed = OutletRow.configured_values.has_key("name")
    renamed = dict(session.execute(select(OutletRow.slug, OutletRow.name).where(is_renamed)).all())
    names = {each.family or each.slug: renamed.get(each.slug, each.name) for each in outlets}
    names |= families
    family = insert(FamilyRow)
    session.execute(
        family.on_conflict_do_update(index_elements=["slug"], set_={"name": family.excluded.name}),
        [{"slug": slug, "name": name} for slug, name in sorted(names.items())],
    )


def add_feeds(session: Session, feeds: Iterable[NewFeed], *, now: datetime) -> int:
    """Insert new feeds, due immediately, and return how many were new."""
    outlet_ids = dict(session.execute(select(OutletRow.slug, OutletRow.id)).all())
    values = [
        {
            "url": feed.url,
            "outlet_id": outlet_ids[feed.outlet],
            "title": feed.title,
            "site_url": feed.site_url,
            "language": feed.language,
            "status": feed.status,
            "folders": list(feed.folders),
            "categories": list(feed.categories),
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
    """Return active feeds that are due, the longest overdue first."""
    statement = (
        select(FeedRow)
        .where(FeedRow.status == "active", FeedRow.next_fetch_at <= now)
        .order_by(FeedRow.next_fetch_at, FeedRow.id)
    )
    return list(session.scalars(statement))


def list_feeds_with_outlets(session: Session) -> list[tuple[FeedRow, OutletRow]]:
    """List all feeds with their outlets, by outlet and title."""
    statement = (
        select(FeedRow, OutletRow)
        .join(OutletRow, OutletRow.id == FeedRow.outlet_id)
        .order_by(OutletRow.slug, FeedRow.title, FeedRow.id)
    )
    return list(session.execute(statement))


def count_feeds(session: Session, *, excluded_prefix: str = "") -> int:
    """Count feeds, without those whose URL begins with `excluded_prefix`."""
    statement = select(func.count()).select_from(FeedRow)
    if excluded_prefix:
        statement = statement.where(not_(FeedRow.url.startswith(excluded_prefix, autoescape=True)))
    return session.scalar(statement) or 0


def load_site_index(session: Session) -> SiteIndex:
    """Load the index that maps links to outlets."""
    rows = session.execute(select(OutletRow.slug, OutletRow.sites))
    return SiteIndex({site: slug for slug, sites in rows for site in sites})


def load_outlet_ids(session: Session) -> dict[str, int]:
    """Return the ids of all outlets by slug."""
    return dict(session.execute(select(OutletRow.slug, OutletRow.id)).all())


def load_outlet_countries(session: Session) -> dict[int, str]:
    """Return the country of each outlet that has one, by id."""
    rows = session.execute(select(OutletRow.id, OutletRow.country))
    return {outlet: country for outlet, country in rows if country}


def find_feed_by_url(session: Session, url: str) -> FeedRow | None:
    """Return the feed with this URL, if any."""
    return session.scalar(select(FeedRow).where(FeedRow.url == url))


def get_feed_id(session: Session, url: str) -> int:
    """Return the id of the feed with this URL, which must exist."""
    return session.scalars(select(FeedRow.id).where(FeedRow.url == url)).one()


def find_feed(session: Session, text: str) -> FeedRow | None:
    """Return the feed with this URL or this id, if any."""
    by_url = find_feed_by_url(session, text)
    is_id = text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS
    return session.get(FeedRow, int(text)) if by_url is None and is_id else by_url


def get_feed(session: Session, feed_id: int) -> FeedRow:
    """Return a feed.

    Raises:
        NotFoundError: there is no feed with this id.
    """
    row = session.get(FeedRow, feed_id)
    if row is None:
        raise NotFoundError("feed", feed_id)
    return row


def set_status(session: Session, feed_id: int, status: FeedStatus, *, now: datetime) -> None:
    """Set the fetch status of a feed; a feed that becomes active is due immediately.

    Raises:
        NotFoundError: there is no feed with this id.
    """
    row = get_feed(session, feed_id)
    if status is FeedStatus.ACTIVE and row.status != status:
        row.next_fetch_at = now
    row.status = status
    session.flush()


def set_full_text(session: Session, feed_id: int, *, full_text: bool) -> None:
    """Set whether the pages of a feed's articles are read.

    Raises:
        NotFoundError: there is no feed with this id.
    """
    get_feed(session, feed_id).full_text = full_text
    session.flush()


def get_overrides(row: FeedRow) -> FeedOverrides:
    """Return the overrides of a feed."""
    return FeedOverrides(row.charset, row.fetch_url, row.user_agent, row.interval_minutes)


def set_overrides(
    session: Session, feed_id: int, overrides: FeedOverrides, *, now: datetime
) -> None:
    """Replace the overrides of a feed.

    The feed is due immediately, and without validators, so that the server sends the document
    again.

    Raises:
        NotFoundError: there is no feed with this id.
    """
    row = get_feed(session, feed_id)
    for name, value in asdict(overrides).items():
        setattr(row, name, value)
    row.next_fetch_at, row.etag, row.last_modified = now, None, None
    session.flush()


def move_feeds(session: Session, pattern: str, base_url: str) -> None:
    """Replace the part of each feed URL that matches a regular expression by `base_url`."""
    session.execute(update(FeedRow).values(url=func.regexp_replace(FeedRow.url, pattern, base_url)))


def make_all_due(session: Session, *, now: datetime) -> None:
    """Set all active feeds due now."""
    session.execute(update(FeedRow).where(FeedRow.status == "active").values(next_fetch_at=now))


def make_due(session: Session, feed_id: int, *, now: datetime) -> None:
    """Set an active feed due now.

    Raises:
        NotFoundError: there is no feed with this id.
        BadInputError: the feed is not active.
    """
    row = get_feed(session, feed_id)
    if row.status != FeedStatus.ACTIVE:
        raise BadInputError(f"Feed {feed_id} is {row.status}; set it active to fetch it")
    row.next_fetch_at = now
    session.flush()


def _configured(new: Any) -> ColumnElement[Any]:
    """Build the JSON of configured values of the edited fields; NULL if none is edited."""
    pairs: list[ColumnElement[Any]] = []
    for name in EDITABLE_FIELDS:
        pairs += (literal_column(f"'{name}'"), new[name])
    each = func.jsonb_each(func.jsonb_build_object(*pairs)).table_valued("key", "value")
    # A literal name, because it refers to the conflicting row, not to the table.
    edited: ColumnElement[Any] = literal_column("outlets.configured_values", JSONB())
    return (
        select(func.jsonb_object_agg(each.c.key, each.c.value))
        .where(edited.op("?")(each.c.key))
        .scalar_subquery()
    )
