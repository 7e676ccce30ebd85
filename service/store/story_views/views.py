"""Stories: lists in several orders, one story in full."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.database.arrays import among
from service.store.database.paging import Page, Position, below, cut
from service.store.stories.details import Details, from_json
from service.store.story_views.as_of import StoryTable, story_table, valid_at
from service.store.story_views.filters import (
    Sort,
    StoryFilter,
    conditions,
    has_report,
    ordering,
    time_bounds,
)
from service.store.story_views.reports import Member, Report, members_of, reports_of
from service.store.tables import StorylineRow, StoryRow, StoryVersionRow

#: So many stories of one storyline are shown beside each other, the newest ones; of those that
#: were split off one, so many.
MAX_RELATED = 100


# The name, not a parameter: a generic plan can then still use the partial indexes.
_MERGED: ColumnElement[str] = literal_column("'merged'")


@dataclass(frozen=True, slots=True)
class StorylineName:
    """A storyline, as it stands beside its stories."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story with its members in brief, in order of time, now or as of an instant.

    Counts are those of the members. The headline is that of the last description; a story
    that was not described yet takes it from its members.
    """

    id: str
    slug: str
    state: str
    merged_into: str | None
    split_from: str | None
    headline: str
    headline_report: Report | None
    keywords: tuple[str, ...]
    emerged_at: datetime
    changed_at: datetime
    first_reported_at: datetime
    last_reported_at: datetime
    articles: int
    coverage: int
    independent: int
    storyline: StorylineName | None
    pinned: bool
    locked: bool
    renamed: bool  #: the headline is an editor's
    details: Details
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """A story with its members in full, now or as of an instant."""

    story: StoryView
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class StoryName:
    """A story that another one refers to."""

    id: str
    slug: str
    headline: str


def list_stories(
    session: Session,
    wanted: StoryFilter,
    *,
    sort: Sort = Sort.RANK,
    after: Position | None = None,
    limit: int = 50,
    as_of: datetime | None = None,
) -> Page[StoryView]:
    """Stories that have members and were neither merged nor hidden; two statements.

    With `as_of`, as the list stood at that instant; one that is still to come gives the present.
    """
    story = story_table(as_of)
    keys = ordering(story, sort)
    statement = (
        _select(story, as_of, *keys)
        .where(story.state != _MERGED, ~story.hidden)
        .where(has_report(story, as_of), *conditions(story, as_of, wanted))
        .where(*time_bounds(as_of, sort))
        .order_by(*(key.desc() for key in keys))
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(below(keys, after))
    rows = session.execute(statement).all()
    reports = reports_of(session, [row[0].id for row in rows[:limit]], as_of=as_of)
    found = [(_view(row[0], row[1], reports.get(row[0].id, ())), tuple(row[2:])) for row in rows]
    return cut(found, limit)


def get_story(session: Session, story_id: str, *, as_of: datetime | None = None) -> StoryDetail:
    """One story, open, closed or merged, now or as of an instant; two statements.

    Raises:
        NotFoundError: there is no such story, there was none yet, or an editor hid it.
    """
    story = story_table(as_of)
    statement = _select(story, as_of).where(story.id == story_id, ~story.hidden)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError("story", story_id)
    members = members_of(session, story_id, as_of=as_of)
    reports = tuple(member.report for member in members)
    return StoryDetail(_view(row[0], row[1], reports), members)


def get_state(session: Session, story_id: str, *, as_of: datetime | None = None) -> str:
    """Whether a story is open, closed or merged, now or as of an instant; one statement.

    Raises:
        NotFoundError: there is no such story, there was none yet, or an editor hid it.
    """
    story = story_table(as_of)
    statement = select(story.state).where(story.id == story_id, ~story.hidden, *valid_at(as_of))
    state = session.scalar(statement)
    if state is None:
        raise NotFoundError("story", story_id)
    return state


def get_stories(session: Session, story_ids: Collection[str]) -> dict[str, StoryView]:
    """These stories by id, as they stand; those merged or hidden are left out. Two statements."""
    if not story_ids:
        return {}
    statement = _select(StoryRow, None).where(among(StoryRow.id, story_ids))
    rows = session.execute(statement.where(StoryRow.state != _MERGED, ~StoryRow.hidden)).all()
    reports = reports_of(session, [row[0].id for row in rows])
    return {row[0].id: _view(row[0], row[1], reports.get(row[0].id, ())) for row in rows}


def list_storyline_stories(
    session: Session, storyline_id: str, *, as_of: datetime | None = None
) -> tuple[StoryView, ...]:
    """The stories of a storyline, latest first; at most `NEIGHBOURS`. Two statements."""
    wanted = StoryFilter(storyline=storyline_id)
    return list_stories(session, wanted, sort=Sort.NEWEST, limit=MAX_RELATED, as_of=as_of).items


def ids_split_from(session: Session, story_id: str, *, as_of: datetime | None = None) -> tuple[str, ...]:
    """The ids of the stories that were split off this one, oldest first; one statement.

    At most `NEIGHBOURS`.
    """
    story = story_table(as_of)
    statement = select(story.id).where(story.split_from == story_id, ~story.hidden, *valid_at(as_of))
    ordered = statement.order_by(story.emerged_at, story.id)
    return tuple(session.scalars(ordered.limit(MAX_RELATED)))


def story_names(session: Session, story_ids: Collection[str]) -> dict[str, StoryName]:
    """What stories that are referred to are called; unknown and hidden ones are left out."""
    if not story_ids:
        return {}
    statement = select(StoryRow.id, StoryRow.slug, StoryRow.headline)
    rows = session.execute(statement.where(StoryRow.id.in_(story_ids), ~StoryRow.hidden))
    return {row.id: StoryName(*row) for row in rows}


def _select(
    story: StoryTable, as_of: datetime | None, *columns: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    """Stories with the titles of their storylines, and some columns."""
    if as_of is None:
        statement = select(story, StorylineRow.title, *columns)
        return statement.outerjoin(StorylineRow, StorylineRow.id == story.storyline_id)
    return select(story, StoryVersionRow.storyline_title, *columns).where(*valid_at(as_of))


def _view(
    row: StoryRow | StoryVersionRow, storyline: str | None, reports: tuple[Report, ...]
) -> StoryView:
    speaker = _speaker(row, reports)
    ids = {report.article_id for report in reports}
    outlets = {report.outlet.slug for report in reports}
    families = {report.outlet.family for report in reports if not report.copy}
    return StoryView(
        id=row.id,
        slug=row.slug,
        state=row.state,
        merged_into=row.merged_into,
        split_from=row.split_from,
        headline=_headline(row, speaker, ids),
        headline_report=speaker,
        keywords=tuple(row.keywords),
        emerged_at=row.emerged_at,
        changed_at=row.changed_at,
        first_reported_at=row.first_reported_at,
        last_reported_at=row.last_reported_at,
        articles=len(reports),
        coverage=len(outlets),
        independent=max(len(families), min(len(outlets), 1)),
        storyline=StorylineName(row.storyline_id, storyline or "") if row.storyline_id else None,
        pinned=row.pinned,
        locked=row.locked,
        renamed=row.renamed,
        details=from_json(row.details).said_by(ids),
        reports=reports,
    )


def _headline(
    row: StoryRow | StoryVersionRow, speaker: Report | None, members: Collection[int]
) -> str:
    """The headline as it was described, unless the article that said so has left since."""
    said_by = row.headline_article_id
    if row.headline and (speaker is None or said_by is None or said_by in members):
        return row.headline
    return speaker.title if speaker else ""


def _speaker(row: StoryRow | StoryVersionRow, reports: tuple[Report, ...]) -> Report | None:
    """The report whose title is the headline; in its absence the first that is no copy.

    An editor's headline is no report's.
    """
    if row.renamed:
        return None
    named = (report for report in reports if report.article_id == row.headline_article_id)
    originals = (report for report in reports if not report.copy)
    return next(named, None) or next(originals, None) or next(iter(reports), None)
