"""Conditions for the current state (`as_of` None) or the state at a past time."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from service.store.tables import ArticleRow, CopyRow, MembershipRow, StoryRow, StoryVersionRow

_CURRENT = aliased(StoryRow)

#: The table of current stories, or of story versions.
StoryTable = type[StoryRow] | type[StoryVersionRow]


def story_table(as_of: datetime | None) -> StoryTable:
    """The table with the state of stories at `as_of`."""
    return StoryRow if as_of is None else StoryVersionRow


def valid_at(as_of: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a story version valid at `as_of`; none for current stories.

    Stories that are hidden now are hidden at every past time.
    """
    if as_of is None:
        return ()
    hidden = exists().where(_CURRENT.id == StoryVersionRow.id, _CURRENT.hidden)
    # The same expression as in the indexes, so that Postgres can use them.
    until = func.coalesce(StoryVersionRow.valid_until, literal_column("'infinity'::timestamptz"))
    return (StoryVersionRow.valid_from <= as_of, until > as_of, ~hidden)


def is_member(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether a membership is valid at `as_of`."""
    return is_valid_at(MembershipRow, as_of)


def is_copy_at(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether an article is a copy of another one at `as_of`."""
    return and_(CopyRow.article_id == ArticleRow.id, is_valid_at(CopyRow, as_of))


def is_valid_at(row: type[MembershipRow | CopyRow], as_of: datetime | None) -> ColumnElement[bool]:
    """Whether a row of a table with periods is valid at `as_of`."""
    is_open = row.valid_until.is_(None)
    if as_of is None:
        return is_open
    return and_(row.valid_from <= as_of, or_(is_open, row.valid_until > as_of))
