"""Now, or as of an instant: which rows speak for a story, and who belonged to it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from service.store.tables import ArticleRow, CopyRow, MembershipRow, StoryRow, StoryVersionRow

_PRESENT = aliased(StoryRow)

#: A story's row, or the version of it that stood at some instant.
StoryTable = type[StoryRow] | type[StoryVersionRow]


def story_table(as_of: datetime | None) -> StoryTable:
    """Where to read stories."""
    return StoryRow if as_of is None else StoryVersionRow


def valid_at(as_of: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """What to ask of a version, in the words of its indexes; nothing of a present row.

    What an editor hides now is not told of the past either.
    """
    if as_of is None:
        return ()
    hidden = exists().where(_PRESENT.id == StoryVersionRow.id, _PRESENT.hidden)
    # As indexes hold it: a value in any case, so that it is compared there.
    until = func.coalesce(StoryVersionRow.valid_until, literal_column("'infinity'::timestamptz"))
    return (StoryVersionRow.valid_from <= as_of, until > as_of, ~hidden)


def is_member(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether a membership holds."""
    return _is_valid(MembershipRow, as_of)


def is_reprint(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether an article is taken for a copy of another."""
    return and_(CopyRow.article_id == ArticleRow.id, _is_valid(CopyRow, as_of))


def _is_valid(row: type[MembershipRow | CopyRow], as_of: datetime | None) -> ColumnElement[bool]:
    is_open = row.valid_until.is_(None)
    if as_of is None:
        return is_open
    return and_(row.valid_from <= as_of, or_(is_open, row.valid_until > as_of))
