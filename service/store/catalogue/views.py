"""Outlets and feeds for the API, with feed health."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.counts.totals import Total, count_rows
from service.store.database.paging import Page, Position, make_page, rows_after
from service.store.tables import ArticleRow, FamilyRow, FeedRow, OutletRow

#: Sort key of outlets without reports.
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OutletView:
    """An outlet with its family, number of feeds and last report."""

    slug: str
    name: str
    country: str | None
    language: str | None
    family: str
    family_name: str
    agency: bool
    edited_at: datetime | None
    configured_values: Mapping[str, Any] | None  #: of the fields that an admin edited
    feeds: int
    last_reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed with its health; `error_count` counts consecutive failures."""

    id: int
    url: str
    title: str
    outlet: str
    outlet_name: str
    language: str | None
    status: str
    full_text: bool
    last_fetched_at: datetime | None
    last_success_at: datetime | None
    next_fetch_at: datetime
    error_count: int
    error_kind: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """Number of all feeds, and of active feeds that fail."""

    all: int
    failing: int


class OutletOrder(StrEnum):
    """Sort order of outlets: by slug, or by last report, latest first."""

    SLUG = "slug"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class OutletFilter:
    """Conditions on outlets; () and None mean no condition."""

    families: tuple[str, ...] = ()  #: slugs
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    agency: bool | None = None
    edited: bool | None = None  #: whether an admin edited it
    slugs: tuple[str, ...] = ()
    text: str = ""  #: part of its name, slug or site, in any case


def list_outlets(
    session: Session,
    filters: OutletFilter,
    *,
    sort: OutletOrder = OutletOrder.SLUG,
    after: Position | None = None,
    limit: int = 100,
) -> Page[OutletView]:
    """List outlets that satisfy the filter; one statement."""
    statement = select_outlets().where(*_outlet_conditions(filters)).limit(limit + 1)
    if sort is OutletOrder.SLUG:
        statement = statement.where(OutletRow.slug > (after[0] if after else ""))
        items = [OutletView(*row) for row in session.execute(statement.order_by(OutletRow.slug))]
        return make_page([(outlet, (outlet.slug,)) for outlet in items], limit)
    keys = (func.coalesce(_last_report(), NEVER), OutletRow.slug.expression)
    if after is not None:
        statement = statement.where(rows_after(keys, after))
    rows = session.execute(statement.order_by(*(key.desc() for key in keys)))
    items = [OutletView(*row) for row in rows]
    return make_page([(each, (each.last_reported_at or NEVER, each.slug)) for each in items], limit)


def count_outlets(session: Session, filters: OutletFilter) -> Total:
    """Count the outlets that satisfy the filter; one statement."""
    return count_rows(session, select(OutletRow.id).where(*_outlet_conditions(filters)))


def _outlet_conditions(filters: OutletFilter) -> Iterator[ColumnElement[bool]]:
    values_by_column = {
        OutletRow.slug: filters.slugs,
        OutletRow.family: filters.families,
        OutletRow.country: filters.countries,
        OutletRow.language: filters.languages,
    }
    yield from (column.in_(values) for column, values in values_by_column.items() if values)
    if filters.text:
        columns = (OutletRow.name, OutletRow.slug, func.array_to_string(OutletRow.sites, " "))
        yield or_(*(column.icontains(filters.text, autoescape=True) for column in columns))
    if filters.agency is not None:
        yield OutletRow.agency == filters.agency
    if filters.edited is not None:
        yield OutletRow.edited_at.is_not(None) == filters.edited


def list_all_outlets(session: Session) -> list[OutletView]:
    """List all outlets by slug; one statement."""
    return [OutletView(*row) for row in session.execute(select_outlets().order_by(OutletRow.slug))]


def select_outlets() -> Select[*tuple[Any, ...]]:
    """Select the columns of `OutletView`."""
    feeds = select(func.count()).where(FeedRow.outlet_id == OutletRow.id).scalar_subquery()
    return select(
        OutletRow.slug,
        OutletRow.name,
        OutletRow.country,
        OutletRow.language,
        OutletRow.family,
        FamilyRow.name,
        OutletRow.agency,
        OutletRow.edited_at,
        OutletRow.configured_values,
        feeds,
        _last_report(),
    ).join(FamilyRow, FamilyRow.slug == OutletRow.family)


def _last_report() -> ScalarSelect[datetime]:
    """Select the time of an outlet's last report, from an index."""
    latest = select(func.max(ArticleRow.reported_at))
    return latest.where(ArticleRow.outlet_id == OutletRow.id).scalar_subquery()


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Conditions on feeds; () and None mean no condition."""

    status: str | None = None
    failing: bool | None = None  #: whether the last fetch failed
    outlets: tuple[str, ...] = ()  #: slugs
    languages: tuple[str, ...] = ()
    text: str = ""  #: part of its title, address or outlet, in any case


def list_feeds(
    session: Session,
    filters: FeedFilter = FeedFilter(),  # frozen
    *,
    after: Position | None = None,
    limit: int = 100,
) -> Page[FeedView]:
    """List feeds by id; one statement."""
    statement = select_feeds().where(
        FeedRow.id > (after[0] if after else 0), *_feed_conditions(filters)
    )
    rows: Sequence[Any] = session.execute(statement.order_by(FeedRow.id).limit(limit + 1)).all()
    items = [FeedView(*row) for row in rows]
    return make_page([(feed, (feed.id,)) for feed in items], limit)


def _feed_conditions(filters: FeedFilter) -> Iterator[ColumnElement[bool]]:
    if filters.status is not None:
        yield FeedRow.status == filters.status
    if filters.failing is not None:
        yield (FeedRow.error_count > 0) == filters.failing
    if filters.outlets:
        yield OutletRow.slug.in_(filters.outlets)
    if filters.text:
        columns = (FeedRow.title, FeedRow.url, OutletRow.name)
        yield or_(*(column.icontains(filters.text, autoescape=True) for column in columns))
    if filters.languages:
        yield func.lower(func.split_part(FeedRow.language, "-", 1)).in_(filters.languages)


def get_feed(session: Session, feed_id: int) -> FeedView:
    """Return a feed; one statement.

    Raises:
        NotFoundError: there is no feed with this id.
    """
    row = session.execute(select_feeds().where(FeedRow.id == feed_id)).one_or_none()
    if row is None:
        raise NotFoundError("feed", feed_id)
    return FeedView(*row)


def select_feeds() -> Select[*tuple[Any, ...]]:
    """Select the columns of `FeedView`."""
    return select(
        FeedRow.id,
        FeedRow.url,
        FeedRow.title,
        OutletRow.slug,
        OutletRow.name,
        FeedRow.language,
        FeedRow.status,
        FeedRow.full_text,
        FeedRow.last_fetched_at,
        FeedRow.last_success_at,
        FeedRow.next_fetch_at,
        FeedRow.error_count,
        FeedRow.error_kind,
        FeedRow.error,
    ).join(OutletRow, OutletRow.id == FeedRow.outlet_id)


def load_feed_counts(session: Session) -> FeedCounts:
    """Count all feeds and the failing ones; one statement."""
    failing = func.count().filter(FeedRow.status == "active", FeedRow.error_count > 0)
    return FeedCounts(*session.execute(select(func.count(FeedRow.id), failing)).one())
