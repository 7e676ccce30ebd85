"""What stories look like from outside: their headline, keywords, counts and storyline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.coverage import Coverage
from service.domain.grouping.lineage import ExistingStory
from service.store.stories.details import Details, to_json
from service.store.tables import OutletRow, StorylineRow, StoryRow


@dataclass(frozen=True, slots=True)
class Description:
    """What is shown of a story; made anew whenever its members change."""

    story_id: str
    slug: str
    headline: str
    headline_article_id: int
    keywords: Sequence[str]
    articles: int
    coverage: Coverage
    details: Details

    @property
    def rank(self) -> float:
        """The rank by which it is listed."""
        return self.details.rank.total if self.details.rank else 0.0


@dataclass(frozen=True, slots=True)
class StaleStory:
    """A story that changed since it was described."""

    changed_at: datetime
    last_reported_at: datetime


def load_stale(session: Session, *, limit: int) -> dict[str, StaleStory]:
    """Stories that changed since they were described, by id."""
    statement = (
        select(StoryRow.id, StoryRow.changed_at, StoryRow.last_reported_at)
        .where(or_(StoryRow.described_at.is_(None), StoryRow.described_at < StoryRow.changed_at))
        .where(StoryRow.state != "merged")
        .order_by(StoryRow.changed_at, StoryRow.id)
        .limit(limit)
    )
    return {key: StaleStory(changed, last) for key, changed, last in session.execute(statement)}


def save(
    session: Session, descriptions: Iterable[Description], changed: Mapping[str, StaleStory]
) -> None:
    """Write descriptions; a story that changed in the meantime stays outdated."""
    values = [
        {
            "id": found.story_id,
            "slug": found.slug,
            "headline": found.headline,
            "headline_article_id": found.headline_article_id,
            "keywords": list(found.keywords),
            "articles": found.articles,
            "coverage": found.coverage.outlets,
            "independent": found.coverage.independent,
            "rank": found.rank,
            "details": to_json(found.details),
            "described_at": changed[found.story_id].changed_at,
        }
        for found in descriptions
    ]
    if values:
        session.execute(update(StoryRow), values)


def mark_described(session: Session, story_ids: Iterable[str], changed: Mapping[str, StaleStory]) -> None:
    """Let stories without articles count as described: there is nothing to tell of them."""
    values = [
        {"id": key, "articles": 0, "details": {}, "described_at": changed[key].changed_at}
        for key in story_ids
    ]
    if values:
        session.execute(update(StoryRow), values)


@dataclass(frozen=True, slots=True)
class OutletIndex:
    """All outlets' publisher families and names, by slug."""

    families: Mapping[str, str]
    names: Mapping[str, str]


def load_outlet_index(session: Session) -> OutletIndex:
    """What is known of the outlets."""
    statement = select(OutletRow.slug, OutletRow.family, OutletRow.name)
    rows = session.execute(statement).all()
    return OutletIndex({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows})


def linkable_stories(session: Session, *, since: datetime, limit: int) -> list[str]:
    """The latest stories of several articles, which storylines are made of."""
    statement = (
        select(StoryRow.id)
        .where(StoryRow.state != "merged", StoryRow.articles > 1)
        .where(StoryRow.last_reported_at >= since)
        .order_by(StoryRow.last_reported_at.desc(), StoryRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def load_storylines(session: Session) -> list[ExistingStory]:
    """Storylines with their stories, in the form in which `lineage` compares sets over time."""
    statement = (
        select(StorylineRow.id, StorylineRow.created_at, func.array_agg(StoryRow.id))
        .join(StoryRow, StoryRow.storyline_id == StorylineRow.id)
        .group_by(StorylineRow.id)
    )
    return [
        ExistingStory(key, created_at, frozenset(found))
        for key, created_at, found in session.execute(statement)
    ]


def save_storylines(session: Session, titles: Mapping[str, str], *, now: datetime) -> None:
    """Add storylines, or give known ones a new title."""
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
    """Put stories into storylines, or out of any; storylines without stories go."""
    values = [{"id": story, "storyline_id": line} for story, line in storyline_of.items()]
    if values:
        session.execute(update(StoryRow), values)
    used = exists().where(StoryRow.storyline_id == StorylineRow.id)
    session.execute(delete(StorylineRow).where(~used).execution_options(synchronize_session=False))
