"""Outlets and feeds, with their health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.reading.paging import Page, Position, cut
from service.store.tables import ArticleRow, FamilyRow, FeedRow, OutletRow


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
    configured: Mapping[str, Any] | None  #: of the facts that an admin changed
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


def list_outlets(
    session: Session,
    *,
    family: str | None = None,
    country: str | None = None,
    language: str | None = None,
    edited: bool | None = None,
    after: Position | None = None,
    limit: int = 100,
) -> Page[OutletView]:
    """Outlets by slug, those of a family, country or language if one is named; one statement.

    `edited` keeps those that an admin changed, or the others.
    """
    wanted = {OutletRow.family: family, OutletRow.country: country, OutletRow.language: language}
    statement = (
        outlets()
        .where(OutletRow.slug > (after[0] if after else ""))
        .where(*(column == value for column, value in wanted.items() if value is not None))
        .order_by(OutletRow.slug)
        .limit(limit + 1)
    )
    if edited is not None:
        statement = statement.where(OutletRow.edited_at.is_not(None) == edited)
    found = [OutletView(*row) for row in session.execute(statement)]
    return cut([(outlet, (outlet.slug,)) for outlet in found], limit)


def all_outlets(session: Session) -> list[OutletView]:
    """Every outlet by slug; one statement."""
    return [OutletView(*row) for row in session.execute(outlets().order_by(OutletRow.slug))]


def outlets() -> Select[*tuple[Any, ...]]:
    """Rows of what `OutletView` takes."""
    feeds = select(func.count()).where(FeedRow.outlet_id == OutletRow.id).scalar_subquery()
    last = (
        select(func.max(ArticleRow.reported_at))
        .where(ArticleRow.outlet_id == OutletRow.id)
        .scalar_subquery()
    )
    return select(
        OutletRow.slug,
        OutletRow.name,
        OutletRow.country,
        OutletRow.language,
        OutletRow.family,
        FamilyRow.name,
        OutletRow.agency,
        OutletRow.edited_at,
        OutletRow.configured,
        feeds,
        last,
    ).join(FamilyRow, FamilyRow.slug == OutletRow.family)


def list_feeds(
    session: Session,
    *,
    status: str | None = None,
    failing: bool | None = None,
    outlet: str | None = None,
    after: Position | None = None,
    limit: int = 100,
) -> Page[FeedView]:
    """Feeds by id; `failing` keeps those whose last fetch failed, or those where it did not."""
    statement = (
        feeds().where(FeedRow.id > (after[0] if after else 0)).order_by(FeedRow.id).limit(limit + 1)
    )
    if status is not None:
        statement = statement.where(FeedRow.status == status)
    if failing is not None:
        statement = statement.where((FeedRow.error_count > 0) == failing)
    if outlet is not None:
        statement = statement.where(OutletRow.slug == outlet)
    rows: Sequence[Any] = session.execute(statement).all()
    found = [FeedView(*row) for row in rows]
    return cut([(feed, (feed.id,)) for feed in found], limit)


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
