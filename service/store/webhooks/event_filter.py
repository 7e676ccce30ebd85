"""Which transitions a webhook is told of, as conditions on them."""

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from service.store.story_views.history import is_visible
from service.store.tables import ArticleRow, MembershipRow, TransitionRow, WebhookRow


def wanted(row: WebhookRow) -> list[ColumnElement[bool]]:
    """What a webhook is told of: of stories that an editor hid only that.

    That counts for however little coverage: the story may have had more when it was told of.
    """
    conditions = [is_visible()]
    if row.kinds:
        conditions.append(TransitionRow.kind.in_(row.kinds))
    if row.min_coverage:
        conditions.append(or_(TransitionRow.kind == "hidden", _coverage() >= row.min_coverage))
    return conditions


def _coverage() -> ColumnElement[int]:
    """Outlets of the story right after its change; of a merged one, those of where it went.

    Counted from the members, for the story's own figure is a few seconds late.
    """
    story = case(
        (TransitionRow.kind == "merged", TransitionRow.other_story_id),
        else_=TransitionRow.story_id,
    )
    there = and_(
        MembershipRow.valid_from <= TransitionRow.at,
        func.coalesce(MembershipRow.valid_until > TransitionRow.at, True),
    )
    return (
        select(func.count(ArticleRow.outlet_id.distinct()))
        .select_from(MembershipRow)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .where(MembershipRow.story_id == story, there)
        .correlate(TransitionRow)
        .scalar_subquery()
    )
