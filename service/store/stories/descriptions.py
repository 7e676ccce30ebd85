"""Story descriptions (headline, keywords, counts, details) and storyline assignments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.grouping.story_changes import ExistingStory
from service.domain.stories.description import StoryDescription
from service.store.database.arrays import equals_any
from service.store.stories.details import to_json
from service.store.tables import MembershipRow, OutletRow, StorylineRow, StoryRow


@dataclass(frozen=True, slots=True)
class StaleStory:
    """A story that changed since its last description."""

    changed_at: datetime
    last_reported_at: datetime


def load_stale(session: Session, *, limit: int) -> dict[str, StaleStory]:
    """Up to `limit` stories that changed since their last description, by id."""
    statement = (
        select(StoryRow.id, StoryRow.changed_at, StoryRow.last_reported_at)
        .where(or_(StoryRow.described_at.is_(None), StoryRow.described_at < StoryRow.changed_at))
        .where(StoryRow.state != "merged")
        .order_by(StoryRow.changed_at, StoryRow.id)
        .limit(limit)
    )
    return {key: StaleStory(changed, last) for key, changed, last in session.execute(statement)}


def save(
    session: Session, descriptions: Iterable[StoryDescription], changed: Mapping[str, StaleStory]
) -> None:
    """Write descriptions; a story that changed in the meantime stays stale."""
    values = [
        {
            "id": each.story_id,
            "slug": each.slug,
            "headline": each.headline,
            "headline_article_id": each.headline_article_id,
            "keywords": list(each.keywords),
            "articles": each.articles,
            "coverage": each.coverage.outlets,
            "independent": each.coverage.independent,
            "rank": each.rank,
            "details": to_json(each.details),
            "described_at": changed[each.story_id].changed_at,
        }
        for each in descriptions
    ]
    if values:
        session.execute(update(StoryRow), values)


def mark_described(
    session: Session, story_ids: Iterable[str], changed: Mapping[str, StaleStory]
) -> None:
    """Mark stories without articles as described, with an empty description."""
    values = [
        {"id": key, "articles": 0, "details": {}, "described_at": changed[key].changed_at}
        for key in story_ids
    ]
    if values:
        session.execute(update(StoryRow), values)


def require_description(session: Session, article_ids: Iterable[int]) -> None:
    """Request a new description of the stories of these articles."""
    of_articles = select(MembershipRow.story_id).where(
        equals_any(MembershipRow.article_id, article_ids), MembershipRow.valid_until.is_(None)
    )
    session.execute(
        update(StoryRow)
        .where(StoryRow.id.in_(of_articles))
        .values(described_at=None)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class OutletIndex:
    """Publisher families and names of all outlets, and names of news agencies, by slug."""

    families: Mapping[str, str]
    names: Mapping[str, str]
    agencies: Mapping[str, str]


def load_outlet_index(session: Session) -> OutletIndex:
    """The families, names and agencies of all outlets."""
    statement = select(OutletRow.slug, OutletRow.family, OutletRow.name, OutletRow.agency)
    rows = session.execute(statement).all()
    return OutletIndex(
        families={row.slug: row.family for row in rows},
        names={row.slug: row.name for row in rows},
        agencies={row.slug: row.name for row in rows if row.agency},
    )


def find_linkable_stories(session: Session, *, since: datetime, limit: int) -> list[str]:
    """The latest stories with several articles, as candidates for storylines."""
    statement = (
        select(StoryRow.id)
        .where(StoryRow.state != "merged", StoryRow.articles > 1)
        .where(StoryRow.last_reported_at >= since)
        .order_by(StoryRow.last_reported_at.desc(), StoryRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def load_storylines(session: Session) -> list[ExistingStory]:
    """All storylines with their stories, in the form that `lineage.plan_update` takes."""
    statement = (
        select(StorylineRow.id, StorylineRow.created_at, func.array_agg(StoryRow.id))
        .join(StoryRow, StoryRow.storyline_id == StorylineRow.id)
        .group_by(StorylineRow.id)
    )
    return [
        ExistingStory(key, created_at, frozenset(story_ids))
        for key, created_at, story_ids in session.execute(statement)
    ]


def save_storylines(session: Session, titles: Mapping[str, str], *, now: datetime) -> None:
    """Insert storylines; update the titles of existing ones."""
    values = [{"id": key, "title": title, "created_at": now} for key, title in titles.items()]
    if values:
        statement = insert(StorylineRow)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["id"], set_={"title": statement.excluded.title}
            ),
            values,
        )


def assign_storylines(session: Session, storyline_of: Mapping[str, str | None]) -> None:
    """Assign stories to storylines, or to none; delete storylines without stories."""
    values = [{"id": story, "storyline_id": line} for story, line in storyline_of.items()]
    if values:
        session.execute(update(StoryRow), values)
    used = exists().where(StoryRow.storyline_id == StorylineRow.id)
    session.execute(delete(StorylineRow).where(~used).execution_options(synchronize_session=False))
