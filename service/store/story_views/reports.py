"""The members of stories: in brief for lists, in full for one story."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from service.store.database.arrays import among
from service.store.database.paging import Page, Position, cut
from service.store.story_views.as_of import is_member, is_reprint
from service.store.tables import (
    ArticleRow,
    ConstraintRow,
    CopyRow,
    MembershipRow,
    OutletRow,
    RevisionRow,
)

#: An article's language, or else its outlet's.
LANGUAGE = func.coalesce(ArticleRow.language, OutletRow.language)
#: The same as filters ask for it: in lower case, without the region.
LANGUAGE_CODE = func.lower(func.split_part(LANGUAGE, "-", 1))


@dataclass(frozen=True, slots=True)
class OutletInfo:
    """A publisher, as it stands beside an article."""

    slug: str
    name: str
    country: str | None
    language: str | None
    family: str


@dataclass(frozen=True, slots=True)
class Report:
    """A member of a story in brief; `copy` marks a reprint."""

    article_id: int
    title: str
    url: str
    language: str | None
    reported_at: datetime
    outlet: OutletInfo
    copy: bool


@dataclass(frozen=True, slots=True)
class Original:
    """What a copy reprints."""

    article_id: int
    title: str
    outlet: str  #: its name
    share: float  #: of the shorter text that stands in the other


@dataclass(frozen=True, slots=True)
class MembershipInfo:
    """Since when and why an article belongs to a story; founders have no score."""

    since: datetime
    score: float | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a story in full."""

    report: Report
    lead: str
    author: str | None
    published: datetime | None
    claimed_date: datetime | None
    date_flag: str
    first_seen: datetime
    revision: int
    original: Original | None
    placing: MembershipInfo | None  #: none while the article waits for its place


_ORIGINAL = aliased(ArticleRow)
_PUBLISHER = aliased(OutletRow)
_REPORT_COLUMNS = (
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
)
#: What `member_from` takes.
MEMBER_COLUMNS = (
    *_REPORT_COLUMNS,
    ArticleRow.text,
    ArticleRow.author,
    ArticleRow.published,
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


def reports_of(
    session: Session, story_ids: Collection[str], *, as_of: datetime | None = None
) -> dict[str, tuple[Report, ...]]:
    """The members of several stories, now or as of an instant, each in order of time; one statement."""
    if not story_ids:
        return {}
    found: dict[str, list[Report]] = defaultdict(list)
    statement = _select_members((*_REPORT_COLUMNS, MembershipRow.story_id), as_of).where(
        among(MembershipRow.story_id, story_ids)
    )
    for *values, story_id in session.execute(statement):
        found[story_id].append(_report_from_row(*values))
    return {story_id: tuple(reports) for story_id, reports in found.items()}


def members_of(
    session: Session, story_id: str, *, as_of: datetime | None = None
) -> tuple[Member, ...]:
    """The members of one story, now or as of an instant, in order of time; one statement."""
    statement = with_original(_select_members(MEMBER_COLUMNS, as_of).where(MembershipRow.story_id == story_id))
    return tuple(member_from_row(*row) for row in session.execute(statement))


def page_of_members(
    session: Session,
    story_id: str,
    *,
    after: Position | None = None,
    limit: int = 50,
    as_of: datetime | None = None,
) -> Page[Member]:
    """Some members of one story, now or as of an instant, in order of time; one statement."""
    statement = with_original(_select_members(MEMBER_COLUMNS, as_of).where(MembershipRow.story_id == story_id))
    if after is not None:
        statement = statement.where(tuple_(ArticleRow.reported_at, ArticleRow.id) > tuple_(*after))
    found = [member_from_row(*row) for row in session.execute(statement.limit(limit + 1))]
    return cut([(each, (each.report.reported_at, each.report.article_id)) for each in found], limit)


def with_original(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what `FULL` says of the article that a copy reprints; nothing if an editor hid that."""
    shown = and_(_ORIGINAL.id == CopyRow.original_id, ~is_hidden(CopyRow.original_id))
    return statement.outerjoin(_ORIGINAL, shown).outerjoin(
        _PUBLISHER, _PUBLISHER.id == _ORIGINAL.outlet_id
    )


def is_hidden(article_id: Any) -> ColumnElement[bool]:
    """Whether an editor's decision that stands hides an article; it is served nowhere then."""
    return exists().where(
        ConstraintRow.article_id == article_id,
        ConstraintRow.kind == "hide",
        ConstraintRow.revoked_at.is_(None),
    )


def member_from_row(*row: Any) -> Member:
    """A row of the columns `FULL`."""
    brief, facts, copied, placed = row[:11], row[11:18], row[18:22], row[22:25]
    original = Original(*copied) if copied[0] is not None else None
    placing = MembershipInfo(*placed) if placed[0] is not None else None
    values: tuple[Any, ...] = (_report_from_row(*brief), *facts, original, placing)
    return Member(*values)


def _report_from_row(*row: Any) -> Report:
    values: tuple[Any, ...] = (*row[:5], OutletInfo(*row[5:10]), row[10] is not None)
    return Report(*values)


def _select_members(columns: Sequence[Any], as_of: datetime | None) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*(columns if as_of is None else map(_at_revision, columns)))
        .select_from(MembershipRow)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .where(is_member(as_of))
        .order_by(ArticleRow.reported_at, ArticleRow.id)
    )
    if as_of is None:
        return statement.outerjoin(CopyRow, is_reprint(None))
    # Hidden articles are in no story now; as of an instant they were, and yet are not shown.
    statement = statement.where(~is_hidden(ArticleRow.id))
    replaced = (
        select(func.min(RevisionRow.number))
        .where(RevisionRow.article_id == ArticleRow.id, RevisionRow.replaced_at > as_of)
        .correlate(ArticleRow)
        .scalar_subquery()
    )
    earlier = and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == replaced)
    return statement.outerjoin(CopyRow, is_reprint(as_of)).outerjoin(RevisionRow, earlier)


def _at_revision(column: Any) -> Any:
    """A column as it was in the revision that an outlet replaced later, if it did."""
    return func.coalesce(_REVISED[column], column) if column in _REVISED else column
