"""Stories among the other latest stories: places on the map, absent outlets."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.database.arrays import equals_any
from service.store.tables import ArticleRow, OutletRow, StoryRow, SurroundingsRow

#: An outlet is active if it has an article from this long before the first report of a story to
#: this long after the last one.
MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Place of a story on the map, from 0 to 1, and slugs of absent outlets."""

    place: tuple[float, float] | None = None
    absent_outlets: tuple[str, ...] = ()


def replace_surroundings(session: Session, surroundings: Mapping[str, Surroundings]) -> None:
    """Store the surroundings of these stories, and delete those of all others.

    Nothing is written if nothing changed, because each write invalidates cached responses.
    """
    if load_surroundings(session) == surroundings:
        return
    session.execute(delete(SurroundingsRow))
    values = [
        {
            "story_id": story,
            "x": each.place[0] if each.place else None,
            "y": each.place[1] if each.place else None,
            "absent_outlets": list(each.absent_outlets),
        }
        for story, each in sorted(surroundings.items())
    ]
    if values:
        session.execute(insert(SurroundingsRow), values)


def load_surroundings(
    session: Session, story_ids: Collection[str] | None = None
) -> dict[str, Surroundings]:
    """Surroundings by story, of all stories without `story_ids`; one statement."""
    row = SurroundingsRow
    statement = select(row.story_id, row.x, row.y, row.absent_outlets)
    if story_ids is not None:
        statement = statement.where(equals_any(row.story_id, story_ids))
    return {
        story: Surroundings(None if x is None or y is None else (x, y), tuple(absent))
        for story, x, y, absent in session.execute(statement)
    }


def load_absent_outlets(
    session: Session, story_ids: Collection[str]
) -> dict[str, list[tuple[str, str]]]:
    """Slugs and names of the absent outlets by story, the most frequent first; one statement.

    Outlets without any article around the time of the story are left out: their feeds may have
    failed.
    """
    row = SurroundingsRow
    slug = func.unnest(row.absent_outlets).table_valued("slug", with_ordinality="number")
    slug = slug.render_derived()
    statement = (
        select(row.story_id, OutletRow.slug, OutletRow.name)
        .select_from(row)
        .join(slug, true())
        .join(OutletRow, OutletRow.slug == slug.c.slug)
        .join(StoryRow, StoryRow.id == row.story_id)
        .where(equals_any(row.story_id, story_ids))
        .where(is_active(StoryRow.first_reported_at, StoryRow.last_reported_at))
        .order_by(row.story_id, slug.c.number)
    )
    links: dict[str, list[tuple[str, str]]] = {}
    for story, key, name in session.execute(statement):
        links.setdefault(story, []).append((key, name))
    return links


def list_mapped_story_ids(session: Session) -> list[str]:
    """Visible stories on the map, those with the most outlets first; one statement."""
    statement = (
        select(SurroundingsRow.story_id)
        .join(StoryRow, StoryRow.id == SurroundingsRow.story_id)
        .where(SurroundingsRow.x.is_not(None), StoryRow.state != "merged", ~StoryRow.hidden)
        .order_by(StoryRow.coverage.desc(), StoryRow.last_reported_at.desc(), StoryRow.id)
    )
    return list(session.scalars(statement))


def is_active(
    first: datetime | SQLColumnExpression[datetime], last: datetime | SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """Condition on `OutletRow`: it has an article around this time; see `MARGIN`."""
    article = (
        select(ArticleRow.id)
        .where(ArticleRow.outlet_id == OutletRow.id)
        .where(ArticleRow.reported_at >= first - MARGIN, ArticleRow.reported_at <= last + MARGIN)
    )
    return article.exists()


def find_active_outlets(session: Session, *, since: datetime) -> frozenset[str]:
    """Slugs of outlets with an article reported since a time; one statement."""
    reported = select(ArticleRow.outlet_id).where(ArticleRow.reported_at >= since)
    return frozenset(session.scalars(select(OutletRow.slug).where(OutletRow.id.in_(reported))))
