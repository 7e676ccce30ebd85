"""Fingerprints of the stories of a list: they change with anything that the list shows of a story.

A fingerprint is a hash of the rows that a `StoryView` is made of. Postgres computes it, so a list
of known stories transfers and converts no members.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.domain.stories.filters import Sort
from service.store.database.paging import Page, Position, make_page
from service.store.story_views.filters import ordering
from service.store.story_views.reports import REPORT_COLUMNS, REPORT_ORDER, select_members
from service.store.story_views.views import limit_list
from service.store.tables import MembershipRow, StorylineRow, StoryRow


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A story and the 64-bit hash of its rows."""

    story_id: str
    hash: int


def list_fingerprints(
    session: Session,
    query: Query,
    *,
    sort: Sort = Sort.RANK,
    after: Position | None = None,
    limit: int = 50,
) -> Page[Fingerprint]:
    """The page of `list_stories` for a query without `as_of`; one statement."""
    # Postgres computes the hashes after the sort and the limit, because they are costly.
    columns = (_FINGERPRINT, *ordering(StoryRow, sort))
    statement = limit_list(select(*columns), query, sort=sort, after=after, limit=limit)
    rows = [
        (Fingerprint(position[-1], value), tuple(position))
        for value, *position in session.execute(statement)
    ]
    return make_page(rows, limit)


def _hash_row(*columns: Any) -> ColumnElement[int]:
    """Build the hash of a row of these columns."""
    return func.hash_record_extended(func.row(*columns), 0, type_=BigInteger)


def _build_fingerprint() -> ColumnElement[int]:
    """Build the hash of a story with its members and the title of its storyline."""
    members = select_members([_hash_row(*REPORT_COLUMNS).label("hash"), *REPORT_ORDER], None)
    members = members.where(MembershipRow.story_id == StoryRow.id).order_by(None)
    of_story = members.correlate(StoryRow).subquery()
    hash_, *order = of_story.c
    hashes = func.array_agg(aggregate_order_by(hash_, *order))
    title = select(StorylineRow.title).where(StorylineRow.id == StoryRow.storyline_id)
    return _hash_row(
        *StoryRow.__table__.columns,
        title.correlate(StoryRow).scalar_subquery(),
        select(func.hash_array_extended(hashes, 0)).select_from(of_story).scalar_subquery(),
    )


#: Built once, because that takes longer than the execution of the statement.
_FINGERPRINT = _build_fingerprint()
