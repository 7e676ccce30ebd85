"""The column `stories.languages`, derived from the members for language filters."""

from collections.abc import Iterable

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.store.database.arrays import equals_any
from service.store.story_views.as_of import is_member
from service.store.story_views.reports import LANGUAGE_CODE
from service.store.tables import ArticleRow, MembershipRow, OutletRow, StoryRow

#: Distinct language codes of a story's current members, sorted.
_MEMBER_LANGUAGES = func.array(
    select(LANGUAGE_CODE.label("code"))
    .select_from(MembershipRow)
    .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
    .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
    .where(MembershipRow.story_id == StoryRow.id, is_member(None), LANGUAGE_CODE.is_not(None))
    .distinct()
    .order_by("code")
    .correlate(StoryRow)
    .scalar_subquery(),
    type_=StoryRow.languages.type,
)


def refresh(session: Session, story_ids: Iterable[str]) -> None:
    """Recompute the languages of these stories from their members."""
    session.execute(
        update(StoryRow)
        .where(
            equals_any(StoryRow.id, story_ids),
            StoryRow.languages.is_distinct_from(_MEMBER_LANGUAGES),
        )
        .values(languages=_MEMBER_LANGUAGES)
        .execution_options(synchronize_session=False)
    )
