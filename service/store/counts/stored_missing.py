"""Stored missing coverage: the usual outlets, families, countries and languages of stories."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.stories.missing_coverage import MIN_AGE, MIN_OUTLETS
from service.errors import NotFoundError
from service.store.counts.missing_coverage import SPAN, load_missing_coverage
from service.store.database.arrays import equals_any
from service.store.database.locks import lock_until_commit
from service.store.tables import ArticleRow, StoryAbsenceRow, StoryRow


@dataclass(frozen=True, slots=True)
class StoredMissing:
    """The values that a story lacks, the most usual first; outlets and families are slugs."""

    outlets: tuple[str, ...]
    families: tuple[str, ...]
    countries: tuple[str, ...]
    languages: tuple[str, ...]


def update_stored_missing(session: Session, *, limit: int) -> int:
    """Store the missing coverage of up to `limit` stories, latest first; returns their number.

    A story is due twelve hours after its first report, and again after each change. Its last report
    is at most `SPAN` older than the latest article. Three statements, and six for each story.
    """
    lock_until_commit(session, "missing coverage")  # two processes would insert in different orders
    latest = session.scalar(select(func.max(ArticleRow.reported_at)))
    if latest is None:
        return 0
    stored = StoryAbsenceRow
    statement = (
        select(StoryRow.id, StoryRow.changed_at)
        .outerjoin(stored, stored.story_id == StoryRow.id)
        .where(StoryRow.last_reported_at > latest - SPAN)
        .where(StoryRow.first_reported_at <= latest - MIN_AGE, StoryRow.coverage >= MIN_OUTLETS)
        .where(StoryRow.state != literal_column("'merged'"), ~StoryRow.hidden)
        .where(
            or_(
                stored.story_id.is_(None),
                stored.story_changed_at.is_distinct_from(StoryRow.changed_at),
            )
        )
        .order_by(StoryRow.last_reported_at.desc())
        .limit(limit)
    )
    due = session.execute(statement).all()
    for story_id, changed_at in due:
        try:
            missing = load_missing_coverage(session, story_id)
        except NotFoundError:
            continue  # merged or hidden since the statement above
        values = {
            name: [each.value for each in getattr(missing, name)]
            for name in ("outlets", "families", "countries", "languages")
        }
        row = {"story_id": story_id, "story_changed_at": changed_at, **values}
        session.execute(
            insert(stored).values(row).on_conflict_do_update(index_elements=["story_id"], set_=row)
        )
    return len(due)


def load_stored_missing(session: Session, story_ids: Collection[str]) -> dict[str, StoredMissing]:
    """The stored missing coverage of these stories; one statement."""
    row = StoryAbsenceRow
    columns = (row.story_id, row.outlets, row.families, row.countries, row.languages)
    rows = session.execute(select(*columns).where(equals_any(row.story_id, story_ids)))
    return {key: StoredMissing(*map(tuple, values)) for key, *values in rows}
