"""Read queries on stories: filtered lists, one story in full, names and related stories."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.orm import Session

from service.domain.locales.codes import primary_subtag
from service.domain.queries.conditions import Field, Query, any_of
from service.domain.stories.description import Details
from service.domain.stories.filters import Sort
from service.domain.stories.pace import FirstReporters, find_first_reporters
from service.domain.stories.wording.title_parts import headline_text
from service.store.database.arrays import equals_any
from service.store.database.paging import Page, Position, make_page, rows_after
from service.store.queries.stories import story_conditions
from service.store.stories.details import from_json
from service.store.story_views.as_of import StoryTable, story_table, valid_at
from service.store.story_views.filters import has_report, index_bounds, ordering
from service.store.story_views.not_found import missing_story
from service.store.story_views.reports import Member, Report, load_story_members, load_story_reports
from service.store.tables import StorylineRow, StoryRow, StoryVersionRow

#: Maximum number of stories shown from one storyline (the newest), or split off one story.
MAX_RELATED = 100


# A literal instead of a parameter, so that generic plans can use the partial indexes.
_MERGED: ColumnElement[str] = literal_column("'merged'")


@dataclass(frozen=True, slots=True)
class StorylineName:
    """Id and title of a story's storyline."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story with its reports in `REPORT_ORDER`, current or at a past time.

    Counts are computed from the reports. The headline comes from the last description, or from
    the reports if the story was never described.
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
    renamed: bool  #: an editor wrote the headline
    details: Details
    reports: tuple[Report, ...]

    @property
    def headline_language(self) -> str | None:
        """The language of the headline's report; None if it is unknown or an editor's headline."""
        return self.headline_report.language if self.headline_report else None

    def headline_in(self, languages: Collection[str]) -> tuple[str, str | None]:
        """Headline and language of `in_languages`."""
        story = self.in_languages(languages)
        return story.headline, story.headline_language

    def in_languages(self, languages: Collection[str]) -> Self:
        """The story with headline and summary in the first of some languages that has a headline.

        Without one they stay as described. `languages` are ISO 639-1 codes. An editor's headline
        holds in all languages.
        """
        language = primary_subtag(self.headline_language)
        article_in = {each.lang: each.article for each in self.details.headlines}
        for code in () if self.renamed else languages:
            if code == language:
                break
            report = next((r for r in self.reports if r.article_id == article_in.get(code)), None)
            if report:
                details = replace(self.details, summary=self.details.summary_in(code))
                headline = headline_text(report.title, code)
                return replace(self, headline=headline, headline_report=report, details=details)
        return self

    @property
    def dated(self) -> bool:
        """Whether a report has a trusted date."""
        return any(report.published for report in self.reports)

    @property
    def first_reporters(self) -> FirstReporters:
        """The outlets that may have been first, by slug."""
        reports = [each for each in self.reports if each.type.is_independent_report]
        return find_first_reporters(
            [each.timed() for each in reports if each.published],
            [each.timed() for each in reports if not each.published],
        )


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """A story with its members in full, current or at a past time."""

    story: StoryView
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class StoryName:
    """Id, slug and headline of a story that another object refers to."""

    id: str
    slug: str
    headline: str


def list_stories(
    session: Session,
    query: Query,
    *,
    sort: Sort = Sort.RANK,
    after: Position | None = None,
    limit: int = 50,
) -> Page[StoryView]:
    """A page of stories with members, without merged and hidden ones; two statements.

    `query` is resolved. With its `as_of`, the list at that time; a future time gives the current
    list.
    """
    as_of = query.time
    story = story_table(as_of)
    keys = ordering(story, sort)
    statement = limit_list(_select(story, as_of, *keys), query, sort=sort, after=after, limit=limit)
    rows = session.execute(statement).all()
    reports = load_story_reports(session, [row[0].id for row in rows[:limit]], as_of=as_of)
    views = [(_view(row[0], row[1], reports.get(row[0].id, ())), tuple(row[2:])) for row in rows]
    return make_page(views, limit)


def limit_list(
    statement: Select[*tuple[Any, ...]],
    query: Query,
    *,
    sort: Sort,
    after: Position | None,
    limit: int,
) -> Select[*tuple[Any, ...]]:
    """Limit a SELECT of stories to a page and the next story, in order."""
    as_of = query.time
    story = story_table(as_of)
    keys = ordering(story, sort)
    if after is not None:
        statement = statement.where(rows_after(keys, after))
    return (
        statement.where(*_is_listed(story, as_of, query), *index_bounds(as_of, sort))
        .order_by(*(key.desc() for key in keys))
        .limit(limit + 1)
    )


def select_story_ids(query: Query, *, sort: Sort = Sort.RANK) -> Select[str]:
    """Select the ids of all stories that `list_stories` returns, in order."""
    as_of = query.time
    story = story_table(as_of)
    keys = ordering(story, sort)
    return (
        select(story.id)
        .where(*_is_listed(story, as_of, query), *valid_at(as_of))
        .order_by(*(key.desc() for key in keys))
    )


def _is_listed(
    story: StoryTable, as_of: datetime | None, query: Query
) -> tuple[ColumnElement[bool], ...]:
    """Conditions on stories of a list: visible, with a member, and matching the query."""
    matching = story_conditions(story, as_of, query)
    return (story.state != _MERGED, ~story.hidden, has_report(story, as_of), *matching)


def get_story(session: Session, story_id: str, *, as_of: datetime | None = None) -> StoryDetail:
    """One open, closed or merged story at `as_of`; two statements.

    Raises:
        NotFoundError: the story does not exist, did not exist at `as_of`, or is hidden.
    """
    story = story_table(as_of)
    statement = _select(story, as_of).where(story.id == story_id, ~story.hidden)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise missing_story(session, story_id, as_of)
    members = load_story_members(session, story_id, as_of=as_of)
    reports = tuple(member.report for member in members)
    return StoryDetail(_view(row[0], row[1], reports), members)


def get_state(session: Session, story_id: str, *, as_of: datetime | None = None) -> str:
    """The state of a story at `as_of`: open, closed or merged; one statement.

    Raises:
        NotFoundError: the story does not exist, did not exist at `as_of`, or is hidden.
    """
    story = story_table(as_of)
    statement = select(story.state).where(story.id == story_id, ~story.hidden, *valid_at(as_of))
    state = session.scalar(statement)
    if state is None:
        raise missing_story(session, story_id, as_of)
    return state


def get_stories(
    session: Session, story_ids: Collection[str], *, as_of: datetime | None = None
) -> dict[str, StoryView]:
    """These stories at `as_of` by id, without merged and hidden ones; two statements."""
    if not story_ids:
        return {}
    story = story_table(as_of)
    statement = _select(story, as_of).where(equals_any(story.id, story_ids))
    rows = session.execute(statement.where(story.state != _MERGED, ~story.hidden)).all()
    reports = load_story_reports(session, [row[0].id for row in rows], as_of=as_of)
    return {row[0].id: _view(row[0], row[1], reports.get(row[0].id, ())) for row in rows}


def list_storyline_stories(
    session: Session, storyline_id: str, *, as_of: datetime | None = None
) -> tuple[StoryView, ...]:
    """The latest `MAX_RELATED` stories of a storyline, newest first; two statements."""
    in_storyline = replace(any_of(Field.STORYLINE, storyline_id), as_of=as_of)
    page = list_stories(session, in_storyline, sort=Sort.NEWEST, limit=MAX_RELATED)
    return page.items


def list_split_off_ids(
    session: Session, story_id: str, *, as_of: datetime | None = None
) -> tuple[str, ...]:
    """The ids of the first `MAX_RELATED` stories split off a story, oldest first; one statement."""
    story = story_table(as_of)
    statement = select(story.id).where(
        story.split_from == story_id, ~story.hidden, *valid_at(as_of)
    )
    ordered = statement.order_by(story.emerged_at, story.id)
    return tuple(session.scalars(ordered.limit(MAX_RELATED)))


def story_names(session: Session, story_ids: Collection[str]) -> dict[str, StoryName]:
    """The names of these stories by id; unknown and hidden stories are omitted."""
    if not story_ids:
        return {}
    statement = select(StoryRow.id, StoryRow.slug, StoryRow.headline)
    rows = session.execute(statement.where(equals_any(StoryRow.id, story_ids), ~StoryRow.hidden))
    return {row.id: StoryName(*row) for row in rows}


def _select(
    story: StoryTable, as_of: datetime | None, *columns: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    """A SELECT of stories at `as_of`, the titles of their storylines, and more columns."""
    if as_of is None:
        statement = select(story, StorylineRow.title, *columns)
        return statement.outerjoin(StorylineRow, StorylineRow.id == story.storyline_id)
    return select(story, StoryVersionRow.storyline_title, *columns).where(*valid_at(as_of))


def _view(
    row: StoryRow | StoryVersionRow, storyline: str | None, reports: tuple[Report, ...]
) -> StoryView:
    headline_report = _choose_headline_report(row, reports)
    ids = {report.article_id for report in reports}
    quotable = {report.article_id for report in reports if report.type.is_quotable}
    outlets = {report.outlet.slug for report in reports}
    counted = [report for report in reports if report.type.is_independent_report]
    details = from_json(row.details).limit_to_articles(ids, quotable)
    sources = {
        details.source_of(report.article_id, report.outlet.family)
        for report in counted
        if not report.copy
    }
    return StoryView(
        id=row.id,
        slug=row.slug,
        state=row.state,
        merged_into=row.merged_into,
        split_from=row.split_from,
        headline=_headline(row, headline_report, ids),
        headline_report=headline_report,
        keywords=tuple(row.keywords),
        emerged_at=row.emerged_at,
        changed_at=row.changed_at,
        first_reported_at=row.first_reported_at,
        last_reported_at=row.last_reported_at,
        articles=len(reports),
        coverage=len(outlets),
        independent=max(len(sources), min(len(counted), 1)),
        storyline=StorylineName(row.storyline_id, storyline or "") if row.storyline_id else None,
        pinned=row.pinned,
        locked=row.locked,
        renamed=row.renamed,
        details=details,
        reports=reports,
    )


def _headline(
    row: StoryRow | StoryVersionRow, headline_report: Report | None, members: Collection[int]
) -> str:
    """The stored headline, unless its article has left the story since the description."""
    source = row.headline_article_id
    if row.headline and (headline_report is None or source is None or source in members):
        return row.headline
    if headline_report is None:
        return ""
    return headline_text(headline_report.title, headline_report.language or "")


def _choose_headline_report(
    row: StoryRow | StoryVersionRow, reports: tuple[Report, ...]
) -> Report | None:
    """The article whose title is the headline, or else the first report that is not a copy.

    If there is none, the first report, or the first article of any type. None if an editor wrote
    the headline.
    """
    if row.renamed:
        return None
    described = (report for report in reports if report.article_id == row.headline_article_id)
    in_order = sorted(reports, key=lambda each: (not each.type.is_independent_report, each.copy))
    return next(described, None) or next(iter(in_order), None)
