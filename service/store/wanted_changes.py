"""Which transitions a webhook is told of, as conditions on them."""

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from service.store.tables import ArticleRow, MembershipRow, StoryRow, TransitionRow, WebhookRow


def wanted(row: WebhookRow) -> list[ColumnElement[bool]]:
    """What a webhook is told of, of stories that no editor hid."""
    conditions: list[ColumnElement[bool]] = [
        exists().where(StoryRow.id == TransitionRow.story_id, ~StoryRow.hidden)
    ]
    if row.kinds:
        conditions.append(TransitionRow.kind.in_(row.kinds))
    if row.min_coverage:
        conditions.append(_coverage() >= row.min_coverage)
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
