"""SQL conditions of a webhook's event filter."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from service.store.queries import saved
from service.store.queries.changes import change_conditions
from service.store.story_views.history import is_visible
from service.store.tables import ArticleRow, MembershipRow, TransitionRow, WebhookRow


def filter_conditions(row: WebhookRow) -> list[ColumnElement[bool]]:
    """Conditions for transitions that are sent to a webhook.

    `hidden` passes with any coverage, because earlier transitions of the story may have been sent.
    """
    conditions = [is_visible()]
    if row.kinds:
        conditions.append(TransitionRow.kind.in_(row.kinds))
    if row.min_coverage:
        conditions.append(or_(TransitionRow.kind == "hidden", _coverage() >= row.min_coverage))
    return conditions


def query_conditions(
    session: Session, row: WebhookRow, now: datetime
) -> list[ColumnElement[bool]] | None:
    """Conditions for transitions whose story matches the saved query of a webhook now.

    None until the meaning of the query has a vector. At most four statements, none without a saved
    query.
    """
    if row.query_id is None:
        return []
    query = saved.resolve_followed(session, row.query_id, now=now)
    return None if query is None else list(change_conditions(query))


def _coverage() -> ColumnElement[int]:
    """Outlets of the story right after the transition; for `merged`, of the target story.

    Counted from the members, because the stored coverage lags a few seconds behind.
    """
    story = case(
        (TransitionRow.kind == "merged", TransitionRow.other_story_id),
        else_=TransitionRow.story_id,
    )
    is_member = and_(
        MembershipRow.valid_from <= TransitionRow.at,
        func.coalesce(MembershipRow.valid_until > TransitionRow.at, True),
    )
    return (
        select(func.count(ArticleRow.outlet_id.distinct()))
        .select_from(MembershipRow)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .where(MembershipRow.story_id == story, is_member)
        .correlate(TransitionRow)
        .scalar_subquery()
    )
