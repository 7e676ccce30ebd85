"""The members of stories: in brief for lists, in full for one story."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from service.store.tables import ArticleRow, CopyRow, MembershipRow, OutletRow

#: An article's language, or else its outlet's.
LANGUAGE = func.coalesce(ArticleRow.language, OutletRow.language)


@dataclass(frozen=True, slots=True)
class OutletFacts:
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
    outlet: OutletFacts
    copy: bool


@dataclass(frozen=True, slots=True)
class Original:
    """What a copy reprints."""

    article_id: int
    title: str
    outlet: str  #: its name
    share: float  #: of the shorter text that stands in the other


@dataclass(frozen=True, slots=True)
class Placing:
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
    claimed: datetime | None
    date_flag: str
    first_seen: datetime
    revision: int
    original: Original | None
    placing: Placing | None  #: none while the article waits for its place


_ORIGINAL = aliased(ArticleRow)
_PUBLISHER = aliased(OutletRow)
_BRIEF = (
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
FULL = (
    *_BRIEF,
    ArticleRow.text,
    ArticleRow.author,
    ArticleRow.published,
    ArticleRow.claimed,
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


def reports_of(session: Session, story_ids: Collection[str]) -> dict[str, tuple[Report, ...]]:
    """The present members of several stories, each in order of time; one statement for all."""
    if not story_ids:
        return {}
    found: dict[str, list[Report]] = defaultdict(list)
    statement = _of_stories(*_BRIEF, MembershipRow.story_id).where(
        MembershipRow.story_id.in_(story_ids)
    )
    for *values, story_id in session.execute(statement):
        found[story_id].append(_report(*values))
    return {story_id: tuple(reports) for story_id, reports in found.items()}


def members_of(session: Session, story_id: str) -> tuple[Member, ...]:
    """The present members of one story in order of time; one statement."""
    statement = with_original(_of_stories(*FULL).where(MembershipRow.story_id == story_id))
    return tuple(member_from(*row) for row in session.execute(statement))


def with_original(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what `FULL` says of the article that a copy reprints."""
    return statement.outerjoin(_ORIGINAL, _ORIGINAL.id == CopyRow.original_id).outerjoin(
        _PUBLISHER, _PUBLISHER.id == _ORIGINAL.outlet_id
    )


def member_from(*row: Any) -> Member:
    """A row of the columns `FULL`."""
    brief, facts, copied, placed = row[:11], row[11:18], row[18:22], row[22:25]
    original = Original(*copied) if copied[0] is not None else None
    placing = Placing(*placed) if placed[0] is not None else None
    values: tuple[Any, ...] = (_report(*brief), *facts, original, placing)
    return Member(*values)


def _report(*row: Any) -> Report:
    values: tuple[Any, ...] = (*row[:5], OutletFacts(*row[5:10]), row[10] is not None)
    return Report(*values)


def _of_stories(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(MembershipRow)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(OutletRow, OutletRow.id == ArticleRow.outlet_id)
        .outerjoin(CopyRow, CopyRow.article_id == ArticleRow.id)
        .where(MembershipRow.valid_until.is_(None))
        .order_by(ArticleRow.reported_at, ArticleRow.id)
    )
