"""Outlets and feeds, with their health."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.database.paging import Page, Position, below, cut
from service.store.tables import ArticleRow, FamilyRow, FeedRow, OutletRow

#: Where an outlet stands that never reported.
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OutletView:
    """A publisher with its family and how much of it is read."""

    slug: str
    name: str
    country: str | None
    language: str | None
    family: str
    family_name: str
    agency: bool
    edited_at: datetime | None
    configured_values: Mapping[str, Any] | None  #: of the facts that an admin changed
    feeds: int
    last_reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed with its health; `error_count` counts failures in a row."""

    id: int
    url: str
    title: str
    outlet: str
    outlet_name: str
    language: str | None
    status: str
    last_fetched_at: datetime | None
    last_success_at: datetime | None
    next_fetch_at: datetime
    error_count: int
    error_kind: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """How many feeds there are, and how many of the active ones fail."""

    all: int
    failing: int


class OutletOrder(StrEnum):
    """In what order outlets are listed: by slug, or by their last report, the latest first."""

    SLUG = "slug"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class OutletFilter:
    """Which outlets; () and None leave a condition out."""

    families: tuple[str, ...] = ()  #: slugs
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    agency: bool | None = None
    edited: bool | None = None  #: whether an admin changed it


def list_outlets(
    session: Session,
    wanted: OutletFilter,
    *,
    sort: OutletOrder = OutletOrder.SLUG,
    after: Position | None = None,
    limit: int = 100,
) -> Page[OutletView]:
    """Outlets of some families, countries or languages; one statement."""
    statement = outlets().where(*_of_outlets(wanted)).limit(limit + 1)
    if sort is OutletOrder.SLUG:
        statement = statement.where(OutletRow.slug > (after[0] if after else ""))
        found = [OutletView(*row) for row in session.execute(statement.order_by(OutletRow.slug))]
        return cut([(outlet, (outlet.slug,)) for outlet in found], limit)
    keys = (func.coalesce(_last_report(), NEVER), OutletRow.slug.expression)
    if after is not None:
        statement = statement.where(below(keys, after))
    rows = session.execute(statement.order_by(*(key.desc() for key in keys)))
    found = [OutletView(*row) for row in rows]
    return cut([(each, (each.last_reported_at or NEVER, each.slug)) for each in found], limit)


def _of_outlets(wanted: OutletFilter) -> Iterator[ColumnElement[bool]]:
    given = {
        OutletRow.family: wanted.families,
        OutletRow.country: wanted.countries,
        OutletRow.language: wanted.languages,
    }
    yield from (column.in_(values) for column, values in given.items() if values)
    if wanted.agency is not None:
        yield OutletRow.agency == wanted.agency
    if wanted.edited is not None:
        yield OutletRow.edited_at.is_not(None) == wanted.edited


def all_outlets(session: Session) -> list[OutletView]:
    """Every outlet by slug; one statement."""
    return [OutletView(*row) for row in session.execute(outlets().order_by(OutletRow.slug))]


def outlets() -> Select[*tuple[Any, ...]]:
    """Rows of what `OutletView` takes."""
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
    """When an outlet reported last; looked up in an index."""
    latest = select(func.max(ArticleRow.reported_at))
    return latest.where(ArticleRow.outlet_id == OutletRow.id).scalar_subquery()


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which feeds; () and None leave a condition out."""

    status: str | None = None
    failing: bool | None = None  #: whether the last fetch failed
    outlets: tuple[str, ...] = ()  #: slugs
    languages: tuple[str, ...] = ()


def list_feeds(
    session: Session,
    wanted: FeedFilter = FeedFilter(),  # frozen
    *,
    after: Position | None = None,
    limit: int = 100,
) -> Page[FeedView]:
    """Feeds by id; one statement."""
    statement = feeds().where(FeedRow.id > (after[0] if after else 0), *_of_feeds(wanted))
    rows: Sequence[Any] = session.execute(statement.order_by(FeedRow.id).limit(limit + 1)).all()
    found = [FeedView(*row) for row in rows]
    return cut([(feed, (feed.id,)) for feed in found], limit)


def _of_feeds(wanted: FeedFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.status is not None:
        yield FeedRow.status == wanted.status
    if wanted.failing is not None:
        yield (FeedRow.error_count > 0) == wanted.failing
    if wanted.outlets:
        yield OutletRow.slug.in_(wanted.outlets)
    if wanted.languages:
        yield func.lower(func.split_part(FeedRow.language, "-", 1)).in_(wanted.languages)


def get_feed(session: Session, feed_id: int) -> FeedView:
    """One feed; one statement.

    Raises:
        NotFoundError: there is no such feed.
    """
    row = session.execute(feeds().where(FeedRow.id == feed_id)).one_or_none()
    if row is None:
        raise NotFoundError("feed", feed_id)
    return FeedView(*row)


def feeds() -> Select[*tuple[Any, ...]]:
    """Rows of what `FeedView` takes."""
    return select(
        FeedRow.id,
        FeedRow.url,
        FeedRow.title,
        OutletRow.slug,
        OutletRow.name,
        FeedRow.language,
        FeedRow.status,
        FeedRow.last_fetched_at,
        FeedRow.last_success_at,
        FeedRow.next_fetch_at,
        FeedRow.error_count,
        FeedRow.error_kind,
        FeedRow.error,
    ).join(OutletRow, OutletRow.id == FeedRow.outlet_id)


def count_feeds(session: Session) -> FeedCounts:
    """All feeds and the failing ones; one statement."""
    failing = func.count().filter(FeedRow.status == "active", FeedRow.error_count > 0)
    return FeedCounts(*session.execute(select(func.count(FeedRow.id), failing)).one())


def languages(session: Session) -> tuple[str, ...]:
    """The languages of all outlets, in order of their codes."""
    statement = select(OutletRow.language).distinct().order_by(OutletRow.language)
    return tuple(code for code in session.scalars(statement) if code)
