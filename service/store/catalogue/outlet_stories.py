"""Stories of an outlet: those it reported first, outlets with the same stories, and its sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal_column, select
from sqlalchemy.orm import Session, aliased

from service.domain.counts.dimensions import Unit
from service.domain.queries.conditions import AnyOf, Field, Query, between_times
from service.store.articles.types import is_report
from service.store.articles.views import ArticleFilter
from service.store.counts.report_query import select_reports
from service.store.story_views.as_of import is_copy_at, is_member
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow, StoryRow


@dataclass(frozen=True, slots=True)
class FirstReport:
    """A story that an outlet certainly reported first; `lead` is the time to the next outlet."""

    story_id: str
    at: datetime
    lead: timedelta


@dataclass(frozen=True, slots=True)
class RelatedOutlet:
    """Another outlet, and the number of shared stories or of copied articles."""

    slug: str
    name: str
    count: int


def reports_of(outlets: Sequence[str], since: datetime) -> ArticleFilter:
    """The reports of some outlets since a time."""
    of_outlets = Query((AnyOf(Field.OUTLET, tuple(outlets)),))
    return ArticleFilter(of_outlets & between_times(Field.REPORTED, since, None))


def list_first_reports(
    session: Session, slug: str, *, since: datetime, limit: int
) -> list[FirstReport]:
    """The latest stories that the outlet reported first and others reported later.

    One or two statements.
    """
    filters = reports_of((slug,), since)
    own = select_reports(session, filters, Unit.FIRST_REPORTS, ()).subquery()
    other, membership, outlet = aliased(ArticleRow), aliased(MembershipRow), aliased(OutletRow)
    following = (
        select(func.min(other.reported_at).label("at"))
        .join(membership, membership.article_id == other.id)
        .join(outlet, outlet.id == other.outlet_id)
        .where(membership.story_id == own.c.story_id, membership.valid_until.is_(None))
        .where(outlet.slug != slug, is_report(other))
        .correlate(own)
        .lateral()
    )
    statement = (
        select(own.c.story_id, own.c.reported_at, following.c.at - own.c.reported_at)
        .join(following, following.c.at.is_not(None))
        .order_by(own.c.reported_at.desc(), own.c.story_id)
        .limit(limit)
    )
    return [FirstReport(*row) for row in session.execute(statement)]


def list_partners(
    session: Session, slug: str, *, since: datetime, limit: int
) -> list[RelatedOutlet]:
    """The outlets with the most visible stories that this outlet reported, too; one statement."""
    article, membership, outlet = aliased(ArticleRow), aliased(MembershipRow), aliased(OutletRow)
    shared = func.count(membership.story_id.distinct())
    statement = (
        select(outlet.slug, outlet.name, shared)
        .select_from(ArticleRow)
        .join(MembershipRow, and_(MembershipRow.article_id == ArticleRow.id, is_member(None)))
        .join(StoryRow, and_(StoryRow.id == MembershipRow.story_id, ~StoryRow.hidden))
        .join(membership, membership.story_id == StoryRow.id)
        .join(article, article.id == membership.article_id)
        .join(outlet, outlet.id == article.outlet_id)
        .where(_is_of(slug, since), membership.valid_until.is_(None), outlet.slug != slug)
        .group_by(outlet.slug, outlet.name)
        .order_by(shared.desc(), outlet.slug)
        .limit(limit)
    )
    return [RelatedOutlet(*row) for row in session.execute(statement)]


def list_sources(
    session: Session, slug: str, *, since: datetime, limit: int
) -> list[RelatedOutlet]:
    """The outlets whose articles this outlet copied most; one statement."""
    original, outlet = aliased(ArticleRow), aliased(OutletRow)
    copied: ColumnElement[int] = func.count(literal_column("*"))
    statement = (
        select(outlet.slug, outlet.name, copied)
        .select_from(ArticleRow)
        .join(CopyRow, is_copy_at(None))
        .join(original, original.id == CopyRow.original_id)
        .join(outlet, outlet.id == original.outlet_id)
        .where(_is_of(slug, since), outlet.slug != slug)
        .group_by(outlet.slug, outlet.name)
        .order_by(copied.desc(), outlet.slug)
        .limit(limit)
    )
    return [RelatedOutlet(*row) for row in session.execute(statement)]


def _is_of(slug: str, since: datetime) -> ColumnElement[bool]:
    key = select(OutletRow.id).where(OutletRow.slug == slug).scalar_subquery()
    return and_(ArticleRow.outlet_id == key, ArticleRow.reported_at >= since)
