"""SQL condition: an outlet usually reports stories like this one, but not this one.

The rules are those of `store.counts.missing_coverage` and `domain.stories.missing_coverage`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from service.domain.stories.missing_coverage import (
    CONFIDENCE,
    MIN_AGE,
    MIN_OUTLETS,
    MIN_SHARE,
    MIN_SIMILAR,
)
from service.store.counts.missing_coverage import (
    MARGIN,
    MAX_ARTICLES,
    MAX_OUTLETS,
    MAX_SIMILAR,
    SPAN,
)
from service.store.story_views.reports import is_hidden
from service.store.tables import ArticleRow, MembershipRow, OutletRow, StoryRow

_Column = ColumnElement[Any]


def lacks_usual_outlet(story: type[StoryRow], slugs: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of the outlets usually reports such stories, is active, and is missing."""
    return or_(*(_lacks(story, slug) for slug in slugs))


def _lacks(story: type[StoryRow], slug: str) -> ColumnElement[bool]:
    outlet = select(OutletRow.id).where(OutletRow.slug == slug).scalar_subquery()
    latest = select(func.max(ArticleRow.reported_at)).scalar_subquery()
    period = (story.first_reported_at - MARGIN, story.last_reported_at + MARGIN)
    article = aliased(ArticleRow)
    is_active = exists().where(
        article.outlet_id == outlet, article.reported_at.between(*period), ~is_hidden(article.id)
    )
    return and_(
        story.coverage >= MIN_OUTLETS,
        story.first_reported_at <= latest - MIN_AGE,
        is_active,
        ~_has_article(story.id, outlet),
        _is_usual(story, outlet),
    )


def _has_article(story_id: Any, outlet: _Column) -> ColumnElement[bool]:
    member, article = aliased(MembershipRow), aliased(ArticleRow)
    return exists(
        select(member.id)
        .join(article, article.id == member.article_id)
        .where(member.story_id == story_id, member.valid_until.is_(None))
        .where(article.outlet_id == outlet, ~is_hidden(article.id))
    )


def _is_usual(story: type[StoryRow], outlet: _Column) -> ColumnElement[bool]:
    """Whether the lower bound of the outlet's share of the similar stories is high enough."""
    similar = _similar(story).subquery()
    has_article = _has_article(similar.c.id, outlet)
    reported = select(has_article.label("reported")).select_from(similar).subquery()
    total = cast(func.count(), Float)
    share = func.count().filter(reported.c.reported) / total
    z = CONFIDENCE
    spread = func.sqrt(share * (1 - share) / total + z**2 / (4 * total * total))
    bound = (share + z**2 / (2 * total) - z * spread) / (1 + z**2 / total)
    is_usual = case((total >= MIN_SIMILAR, bound >= MIN_SHARE), else_=False)
    return select(is_usual).select_from(reported).correlate(story).scalar_subquery()


def _similar(story: type[StoryRow]) -> Any:
    """The latest stories with at least half of the outlets, as in `load_missing_coverage`."""
    own = _own_outlets(story)
    article, member, other = aliased(ArticleRow), aliased(MembershipRow), aliased(StoryRow)
    articles = (
        select(article.id, article.outlet_id)
        .where(article.outlet_id.in_(own))
        .where(article.reported_at > story.last_reported_at - SPAN)
        .where(article.reported_at <= story.last_reported_at)
        .order_by(article.reported_at.desc())
        .limit(MAX_ARTICLES)
        .correlate(story)
        .subquery()
    )
    half = func.ceil(select(func.count()).select_from(own.subquery()).scalar_subquery() / 2.0)
    return (
        select(other.id)
        .join(member, member.story_id == other.id)
        .join(articles, articles.c.id == member.article_id)
        .where(member.valid_until.is_(None), other.id != story.id)
        .where(other.state != "merged", ~other.hidden)
        .group_by(other.id)
        .having(func.count(articles.c.outlet_id.distinct()) >= func.greatest(2, half))
        .order_by(other.last_reported_at.desc(), other.id)
        .limit(MAX_SIMILAR)
        .correlate(story)
    )


def _own_outlets(story: type[StoryRow]) -> Any:
    member, article, outlet = aliased(MembershipRow), aliased(ArticleRow), aliased(OutletRow)
    distinct = (
        select(outlet.id, outlet.slug)
        .join(article, article.outlet_id == outlet.id)
        .join(member, member.article_id == article.id)
        .where(member.story_id == story.id, member.valid_until.is_(None), ~is_hidden(article.id))
        .distinct()
        .correlate(story)
        .subquery()
    )
    return select(distinct.c.id).order_by(distinct.c.slug).limit(MAX_OUTLETS)
