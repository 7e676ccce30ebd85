"""Members of stories: brief reports for lists, full members for one story."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from service.domain.articles.article_types import ArticleType
from service.domain.stories.pace import TimedReport
from service.store.articles.types import EFFECTIVE_TYPE
from service.store.database.arrays import equals_any
from service.store.database.paging import Page, Position, make_page
from service.store.story_views.as_of import is_copy_at, is_member
from service.store.tables import (
    ArticleRow,
    ConstraintRow,
    CopyRow,
    MembershipRow,
    OutletRow,
    RevisionRow,
)

#: At this time of the day, zones from UTC−10 to UTC+13 have the same date as UTC.
_SAME_DATE = timedelta(hours=13)
#: An article's language, or else its outlet's.
LANGUAGE = func.coalesce(ArticleRow.language, OutletRow.language)
#: The language in the form of filters: lower case, without the region.
LANGUAGE_CODE = func.lower(func.split_part(LANGUAGE, "-", 1))


@dataclass(frozen=True, slots=True)
class OutletInfo:
    """The outlet of an article."""

    slug: str
    name: str
    country: str | None
    language: str | None
    family: str


@dataclass(frozen=True, slots=True)
class Report:
    """An article of any type in a story, without its text. `copy` is True for copies.

    The type is the current one, also at a past time.
    """

    article_id: int
    title: str
    url: str
    language: str | None
    reported_at: datetime
    outlet: OutletInfo
    copy: bool
    type: ArticleType
    published: datetime | None  #: trusted date; None for an undated report
    date_precision: str  #: of `published`: minute or day

    @property
    def day_only(self) -> bool:
        """Whether only the day of publication is known."""
        return self.published is not None and self.date_precision == "day"

    @property
    def day(self) -> date | None:
        """The day of publication if only the day is known."""
        return (self.published + _SAME_DATE).date() if self.published and self.day_only else None

    def timed(self) -> TimedReport:
        """Return outlet and time; an undated report has the time of its arrival."""
        day = self.published if self.day_only else None
        return TimedReport(self.outlet.slug, self.reported_at, self.copy, day)


@dataclass(frozen=True, slots=True)
class Original:
    """The original of a copy."""

    article_id: int
    title: str
    outlet: str  #: its name
    share: float  #: share of the shorter text that the longer text contains


@dataclass(frozen=True, slots=True)
class MembershipInfo:
    """Start, score and evidence of a membership; a story's first article has no score."""

    since: datetime
    score: float | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a story with its text, dates, original and membership."""

    report: Report
    lead: str
    author: str | None
    claimed_date: datetime | None
    date_flag: str
    first_seen: datetime
    revision: int
    original: Original | None
    membership: MembershipInfo | None  #: None until the article is placed


_ORIGINAL = aliased(ArticleRow)
_PUBLISHER = aliased(OutletRow)
#: Columns that `report_from_row` takes.
REPORT_COLUMNS = (
    ArticleRow.id,
    ArticleRow.title,
    ArticleRow.url,
    LANGUAGE,
    ArticleRow.reported_at,
    OutletRow.slug,
    OutletRow.name,
    OutletRow.country,
    OutletRow.language,
    OutletRow.family,
    CopyRow.original_id,
    EFFECTIVE_TYPE,
    ArticleRow.published,
    ArticleRow.date_precision,
)
#: Undated articles come last: they may be older than their arrival.
REPORT_ORDER = (ArticleRow.published.is_(None), ArticleRow.reported_at, ArticleRow.id)
#: Columns that `member_from_row` takes.
MEMBER_COLUMNS = (
    *REPORT_COLUMNS,
    ArticleRow.text,
    ArticleRow.author,
    ArticleRow.claimed_date,
    ArticleRow.date_flag,
    ArticleRow.first_seen,
    ArticleRow.revision,
    _ORIGINAL.id,
    _ORIGINAL.title,
    _PUBLISHER.name,
    CopyRow.share,
    MembershipRow.valid_from,
    MembershipRow.score,
    MembershipRow.evidence,
)


_REVISED = {
    ArticleRow.title: RevisionRow.title,
    ArticleRow.text: RevisionRow.text,
    ArticleRow.revision: RevisionRow.number,
}


def load_story_reports(
    session: Session, story_ids: Collection[str], *, as_of: datetime | None = None
) -> dict[str, tuple[Report, ...]]:
    """The members of several stories at `as_of`, each in `REPORT_ORDER`; one statement."""
    if not story_ids:
        return {}
    reports: dict[str, list[Report]] = defaultdict(list)
    statement = select_members((*REPORT_COLUMNS, MembershipRow.story_id), as_of).where(
        equals_any(MembershipRow.story_id, story_ids)
    )
    for *values, story_id in session.execute(statement):
        reports[story_id].append(report_from_row(*values))
    return {story_id: tuple(members) for story_id, members in reports.items()}


def load_story_members(
    session: Session, story_id: str, *, as_of: datetime | None = None
) -> tuple[Member, ...]:
    """The members of one story at `as_of`, in `REPORT_ORDER`; one statement."""
    statement = with_original(
        select_members(MEMBER_COLUMNS, as_of).where(MembershipRow.story_id == story_id)
    )
    return tuple(member_from_row(*row) for row in session.execute(statement))


def list_story_members(
    session: Session,
    story_id: str,
    *,
    after: Position | None = None,
    limit: int = 50,
    as_of: datetime | None = None,
    types: Collection[ArticleType] = (),
) -> Page[Member]:
    """A page of the members of one story at `as_of`, in `REPORT_ORDER`; one statement.

    With `types`, only articles of these types.
    """
    statement = with_original(
        select_members(MEMBER_COLUMNS, as_of).where(MembershipRow.story_id == story_id)
    )
    if types:
        statement = statement.where(EFFECTIVE_TYPE.in_(types))
    if after is not None:
        statement = statement.where(tuple_(*REPORT_ORDER) > tuple_(*after))
    members = [member_from_row(*row) for row in session.execute(statement.limit(limit + 1))]
    return make_page([(each, report_position(each.report)) for each in members], limit)


def report_position(report: Report) -> Position:
    """The values of `REPORT_ORDER`."""
    return report.published is None, report.reported_at, report.article_id


def with_original(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join the original of a copy for `MEMBER_COLUMNS`; no original if an editor hid it."""
    visible = and_(_ORIGINAL.id == CopyRow.original_id, ~is_hidden(CopyRow.original_id))
    return statement.outerjoin(_ORIGINAL, visible).outerjoin(
        _PUBLISHER, _PUBLISHER.id == _ORIGINAL.outlet_id
    )


def at_revision(
    columns: Sequence[Any], statement: Select[*tuple[Any, ...]], as_of: datetime
) -> Select[*tuple[Any, ...]]:
    """Select columns of articles with the titles and texts at `as_of`."""
    replaced = (
        select(func.min(RevisionRow.number))
        .where(RevisionRow.article_id == ArticleRow.id, RevisionRow.replaced_at > as_of)
        .correlate(ArticleRow)
        .scalar_subquery()
    )
    earlier = and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == replaced)
    past = (func.coalesce(_REVISED[each], each) if each in _REVISED else each for each in columns)
    return statement.with_only_columns(*past).outerjoin(RevisionRow, earlier)


def was_known(
    as_of: datetime, reported_at: ColumnElement[datetime] = ArticleRow.reported_at.expression
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that an article arrived by `as_of`.

    The first one can use an index on report times: no report is further ahead of its arrival than
    the maximum over all articles.
    """
    ahead = select(func.max(ArticleRow.reported_at - ArticleRow.first_seen)).scalar_subquery()
    yield reported_at <= literal(as_of, ArticleRow.reported_at.type) + ahead
    yield ArticleRow.first_seen <= as_of


def is_hidden(article_id: Any) -> ColumnElement[bool]:
    """Whether an active decision hides an article."""
    return exists().where(
        ConstraintRow.article_id == article_id,
        ConstraintRow.kind == "hide",
        ConstraintRow.revoked_at.is_(None),
    )


def is_among_hidden(article_id: Any) -> ColumnElement[bool]:
    """As `is_hidden`, for statements that check most articles: reads the decisions once."""
    hidden = select(ConstraintRow.article_id).where(
        ConstraintRow.article_id.is_not(None),
        ConstraintRow.kind == "hide",
        ConstraintRow.revoked_at.is_(None),
    )
    # OFFSET keeps Postgres from turning the hashed list into a join.
    among: ColumnElement[bool] = article_id.in_(hidden.offset(0))
    return among


def member_from_row(*row: Any) -> Member:
    """A member from a row of `MEMBER_COLUMNS`."""
    report, facts, copy, membership = row[:14], row[14:20], row[20:24], row[24:27]
    values: tuple[Any, ...] = (
        report_from_row(*report),
        *facts,
        Original(*copy) if copy[0] is not None else None,
        MembershipInfo(*membership) if membership[0] is not None else None,
    )
    return Member(*values)


def report_from_row(*row: Any) -> Report:
    """A report from a row of `REPORT_COLUMNS`."""
    outlet, is_copy, article_type = OutletInfo(*row[5:10]), row[10] is not None, row[11]
    values: tuple[Any, ...] = (*row[:5], outlet, is_copy, ArticleType(article_type), *row[12:14])
    return Report(*values)


def select_members(columns: Sequence[Any], as_of: datetime | None) -> Select[*tuple[Any, ...]]:
    """Select columns of the members of all stories at `as_of`, in `REPORT_ORDER`."""
    statement = (
        select(*columns)
        .select_from(MembershipRow)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(is_member(as_of))
        .order_by(*REPORT_ORDER)
    )
    if as_of is None:
        return statement.outerjoin(CopyRow, is_copy_at(None))
    # Hidden articles have no current membership, but they may have past ones.
    statement = statement.where(~is_hidden(ArticleRow.id))
    return at_revision(columns, statement.outerjoin(CopyRow, is_copy_at(as_of)), as_of)
