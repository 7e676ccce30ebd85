"""Statistics of an outlet: first reports, delay and copies."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from service.errors import NotFoundError
from service.store.articles.types import is_report
from service.store.catalogue.views import OutletView, select_outlets
from service.store.story_views.as_of import is_copy_at
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow

#: Period of the statistics; it ends at the outlet's last report.
PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OutletStats:
    """Reports of an outlet between `since` and `until`, copies included.

    `stories`, `shared_stories`, `first_reports` and `median_delay` are based on reports whose time
    is known to the minute. The delay is to the first report of any other outlet, 0 if the outlet
    was first; `median_delay` is None without shared stories.
    """

    since: datetime
    until: datetime
    articles: int
    copies: int
    stories: int
    shared_stories: int  #: stories that other outlets reported, too
    #: Shared stories in which no other outlet reported earlier, or on a day that began earlier.
    first_reports: int
    median_delay: timedelta | None


def get_outlet(session: Session, slug: str) -> OutletView:
    """Return an outlet; one statement.

    Raises:
        NotFoundError: there is no outlet with this slug.
    """
    row = session.execute(select_outlets().where(OutletRow.slug == slug)).one_or_none()
    if row is None:
        raise NotFoundError("outlet", slug)
    return OutletView(*row)


def load_outlet_stats(session: Session, outlet: OutletView) -> OutletStats | None:
    """Compute an outlet's statistics; None if it has no reports. Two statements."""
    until = outlet.last_reported_at
    if until is None:
        return None
    since = until - PERIOD
    key = select(OutletRow.id).where(OutletRow.slug == outlet.slug).scalar_subquery()
    own = and_(ArticleRow.outlet_id == key, ArticleRow.reported_at.between(since, until))
    counts = (
        select(func.count(), func.count(CopyRow.article_id))
        .select_from(ArticleRow)
        .outerjoin(CopyRow, is_copy_at(None))
        .where(own)
    )
    articles, copies = session.execute(counts).one()
    own_reports = (
        select(
            MembershipRow.story_id,
            ArticleRow.outlet_id,
            func.min(ArticleRow.published).label("at"),
        )
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .where(own, MembershipRow.valid_until.is_(None), is_report(ArticleRow))
        .where(*_has_exact_date(ArticleRow))
        .group_by(MembershipRow.story_id, ArticleRow.outlet_id)
        .subquery()
    )
    race = session.execute(_race_statement(own_reports)).one()
    return OutletStats(since, until, articles, copies, *race)


def _race_statement(own_reports: Subquery) -> Select[int, int, int, timedelta | None]:
    """Compare an outlet's first report of each story with the first report of all other outlets."""
    article, membership = aliased(ArticleRow), aliased(MembershipRow)
    others = (
        select(func.min(article.published))
        .join(membership, membership.article_id == article.id)
        .where(membership.story_id == own_reports.c.story_id, membership.valid_until.is_(None))
        .where(article.outlet_id != own_reports.c.outlet_id, is_report(article))
        .correlate(own_reports)
    )
    first_other = others.where(*_has_exact_date(article)).scalar_subquery()
    race = select(
        own_reports.c.at,
        first_other.label("first_other"),
        others.scalar_subquery().label("earliest_other"),
    ).subquery()
    delay = func.greatest(race.c.at - race.c.first_other, timedelta(0))
    return select(
        func.count(),
        func.count(race.c.first_other),
        func.count().filter(race.c.at <= race.c.earliest_other, race.c.first_other.is_not(None)),
        func.percentile_cont(0.5).within_group(delay).filter(race.c.first_other.is_not(None)),
    )


def _has_exact_date(article: type[ArticleRow]) -> tuple[ColumnElement[bool], ...]:
    return article.published.is_not(None), article.date_precision == "minute"
