"""Stories: lists in several orders, one story in full."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy import literal_column as literal
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.reading.paging import Page, Position, below, cut
from service.store.reading.reports import LANGUAGE, Member, Report, members_of, reports_of
from service.store.tables import ArticleRow, MembershipRow, OutletRow, StorylineRow, StoryRow

#: So many stories of one storyline are shown beside each other, the newest ones.
NEIGHBOURS = 100


class Sort(StrEnum):
    """In what order stories are listed; see `ORDERINGS`."""

    RANK = "rank"
    NEWEST = "newest"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """Which stories; None leaves a condition out. Times are those of the last report."""

    since: datetime | None = None
    until: datetime | None = None  #: excluded itself
    min_coverage: int = 0
    min_independent: int = 0
    outlet: str | None = None  #: slug
    language: str | None = None
    storyline: str | None = None  #: id
    state: str | None = None


@dataclass(frozen=True, slots=True)
class StorylineName:
    """A storyline, as it stands beside its stories."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story with its present members in brief, in order of time.

    Headline and counts are those of the last description; a story that was not
    described yet takes them from its members.
    """

    id: str
    slug: str
    state: str
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
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """A story with its present members in full."""

    story: StoryView
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class StoryName:
    """A story that another one refers to."""

    id: str
    slug: str
    headline: str


#: The keys of each order, all descending, the last one unique.
ORDERINGS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    Sort.RANK: (StoryRow.rank.expression, StoryRow.id.expression),
    Sort.NEWEST: (StoryRow.last_reported_at.expression, StoryRow.id.expression),
    Sort.LARGEST: (
        StoryRow.independent.expression,
        StoryRow.coverage.expression,
        StoryRow.last_reported_at.expression,
        StoryRow.id.expression,
    ),
}

# The name, not a parameter: a generic plan can then still use the partial indexes.
_NOT_MERGED = StoryRow.state != literal("'merged'")


def list_stories(
    session: Session,
    wanted: StoryFilter,
    *,
    sort: Sort = Sort.RANK,
    after: Position | None = None,
    limit: int = 50,
) -> Page[StoryView]:
    """Stories that have members and were not merged; two statements."""
    keys = ORDERINGS[sort]
    statement = (
        select(StoryRow, StorylineRow.title, *keys)
        .outerjoin(StorylineRow, StorylineRow.id == StoryRow.storyline_id)
        .where(_NOT_MERGED, _has_report(), *_conditions(wanted))
        .order_by(*(key.desc() for key in keys))
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(below(keys, after))
    rows = session.execute(statement).all()
    reports = reports_of(session, [row[0].id for row in rows[:limit]])
    found = [(_view(row[0], row[1], reports.get(row[0].id, ())), tuple(row[2:])) for row in rows]
    return cut(found, limit)


def get_story(session: Session, story_id: str) -> StoryDetail:
    """One story, whatever its state; two statements.

    Raises:
        NotFoundError: there is no such story.
    """
    statement = (
        select(StoryRow, StorylineRow.title)
        .outerjoin(StorylineRow, StorylineRow.id == StoryRow.storyline_id)
        .where(StoryRow.id == story_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError("story", story_id)
    members = members_of(session, story_id)
    return StoryDetail(_view(*row, tuple(member.report for member in members)), members)


def of_storyline(session: Session, storyline_id: str) -> tuple[StoryView, ...]:
    """The stories of a storyline, latest first; at most `NEIGHBOURS`. Two statements."""
    wanted = StoryFilter(storyline=storyline_id)
    return list_stories(session, wanted, sort=Sort.NEWEST, limit=NEIGHBOURS).items


def names_of(session: Session, story_ids: Collection[str]) -> dict[str, StoryName]:
    """What stories that are referred to are called; unknown ids are left out."""
    if not story_ids:
        return {}
    statement = select(StoryRow.id, StoryRow.slug, StoryRow.headline)
    rows = session.execute(statement.where(StoryRow.id.in_(story_ids)))
    return {row.id: StoryName(*row) for row in rows}


def _conditions(wanted: StoryFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.since:
        yield StoryRow.last_reported_at >= wanted.since
    if wanted.until:
        yield StoryRow.last_reported_at < wanted.until
    if wanted.min_coverage:
        yield StoryRow.coverage >= wanted.min_coverage
    if wanted.min_independent:
        yield StoryRow.independent >= wanted.min_independent
    if wanted.storyline:
        yield StoryRow.storyline_id == wanted.storyline
    if wanted.state:
        yield StoryRow.state == wanted.state
    if wanted.outlet:
        yield _has_report(OutletRow.slug == wanted.outlet)
    if wanted.language:
        subtag = func.lower(func.split_part(LANGUAGE, "-", 1))
        yield _has_report(subtag == wanted.language.lower())


def _has_report(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    statement = select(MembershipRow.id).where(
        MembershipRow.story_id == StoryRow.id, MembershipRow.valid_until.is_(None)
    )
    if conditions:
        statement = (
            statement.join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
            .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
            .where(*conditions)
        )
    return exists(statement.correlate(StoryRow))


def _view(row: StoryRow, storyline: str | None, reports: tuple[Report, ...]) -> StoryView:
    speaker = _speaker(row, reports)
    outlets = {report.outlet.slug for report in reports}
    families = {report.outlet.family for report in reports if not report.copy}
    return StoryView(
        id=row.id,
        slug=row.slug,
        state=row.state,
        split_from=row.split_from,
        headline=row.headline or (speaker.title if speaker else ""),
        headline_report=speaker,
        keywords=tuple(row.keywords),
        emerged_at=row.emerged_at,
        changed_at=row.changed_at,
        first_reported_at=row.first_reported_at,
        last_reported_at=row.last_reported_at,
        articles=row.articles or len(reports),
        coverage=row.coverage or len(outlets),
        independent=row.independent or len(families),
        storyline=StorylineName(row.storyline_id, storyline or "") if row.storyline_id else None,
        reports=reports,
    )


def _speaker(row: StoryRow, reports: tuple[Report, ...]) -> Report | None:
    """The report whose title is the headline; in its absence the first that is no copy."""
    named = (report for report in reports if report.article_id == row.headline_article_id)
    originals = (report for report in reports if not report.copy)
    return next(named, None) or next(originals, None) or next(iter(reports), None)
