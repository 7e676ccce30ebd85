"""One outlet, and how it reports: who was first, how late it was, how much is its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from service.errors import NotFoundError
from service.store.catalogue.views import OutletView, outlets
from service.store.story_views.as_of import is_reprint
from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow

#: Figures are those of so long a time up to the outlet's last report.
SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OutletFigures:
    """How an outlet reported between two moments; copies and all.

    Only reports with a date that can be trusted count, and delays only in stories that other
    outlets reported, too; `median_delay` is None without any.
    """

    since: datetime
    until: datetime
    articles: int
    copies: int
    stories: int
    shared: int  #: stories that others reported, too
    first: int  #: of these, where no other outlet's report came before
    median_delay: timedelta | None


def get_outlet(session: Session, slug: str) -> OutletView:
    """One outlet; one statement.

    Raises:
        NotFoundError: there is no such outlet.
    """
    row = session.execute(outlets().where(OutletRow.slug == slug)).one_or_none()
    if row is None:
        raise NotFoundError("outlet", slug)
    return OutletView(*row)


def figures_of(session: Session, outlet: OutletView) -> OutletFigures | None:
    """How an outlet reported of late, None if it never did; two statements."""
    until = outlet.last_reported_at
    if until is None:
        return None
    since = until - SPAN
    key = select(OutletRow.id).where(OutletRow.slug == outlet.slug).scalar_subquery()
    own = and_(ArticleRow.outlet_id == key, ArticleRow.reported_at.between(since, until))
    counts = (
        select(func.count(), func.count(CopyRow.article_id))
        .select_from(ArticleRow)
        .outerjoin(CopyRow, is_reprint(None))
        .where(own)
    )
    articles, copies = session.execute(counts).one()
    mine = (
        select(
            MembershipRow.story_id,
            ArticleRow.outlet_id,
            func.min(ArticleRow.published).label("at"),
        )
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .where(own, MembershipRow.valid_until.is_(None), ArticleRow.published.is_not(None))
        .group_by(MembershipRow.story_id, ArticleRow.outlet_id)
        .subquery()
    )
    stories, shared, first, median = session.execute(_raced(mine)).one()
    return OutletFigures(since, until, articles, copies, stories, shared, first, median)


def _raced(mine: Subquery) -> Select[int, int, int, timedelta | None]:
    """An outlet's first report of each story beside the first one of all others."""
    article, membership = aliased(ArticleRow), aliased(MembershipRow)
    theirs = (
        select(func.min(article.published))
        .join(membership, membership.article_id == article.id)
        .where(membership.story_id == mine.c.story_id, membership.valid_until.is_(None))
        .where(article.outlet_id != mine.c.outlet_id)
        .correlate(mine)
        .scalar_subquery()
    )
    raced = select(mine.c.at, theirs.label("theirs")).subquery()
    delay = func.greatest(raced.c.at - raced.c.theirs, timedelta(0))
    return select(
        func.count(),
        func.count(raced.c.theirs),
        func.count().filter(raced.c.at <= raced.c.theirs),
        func.percentile_cont(0.5).within_group(delay).filter(raced.c.theirs.is_not(None)),
    )
