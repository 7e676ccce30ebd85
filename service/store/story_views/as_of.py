"""Now, or as of an instant: which rows speak for a story, and who belonged to it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from service.store.tables import ArticleRow, CopyRow, MembershipRow, StoryRow, StoryVersionRow

_PRESENT = aliased(StoryRow)

#: A story's row, or the version of it that stood at some instant.
Standing = type[StoryRow] | type[StoryVersionRow]


def standing(as_of: datetime | None) -> Standing:
    """Where to read stories."""
    return StoryRow if as_of is None else StoryVersionRow


def stood(as_of: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """What to ask of a version, in the words of its indexes; nothing of a present row.

    What an editor hides now is not told of the past either.
    """
    if as_of is None:
        return ()
    hidden = exists().where(_PRESENT.id == StoryVersionRow.id, _PRESENT.hidden)
    # As indexes hold it: a value in any case, so that it is compared there.
    until = func.coalesce(StoryVersionRow.valid_until, literal_column("'infinity'::timestamptz"))
    return (StoryVersionRow.valid_from <= as_of, until > as_of, ~hidden)


def belongs(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether a membership holds."""
    return _holds(MembershipRow, as_of)


def reprints(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether an article is taken for a copy of another."""
    return and_(CopyRow.article_id == ArticleRow.id, _holds(CopyRow, as_of))


def _holds(row: type[MembershipRow | CopyRow], as_of: datetime | None) -> ColumnElement[bool]:
    is_open = row.valid_until.is_(None)
    if as_of is None:
        return is_open
    return and_(row.valid_from <= as_of, or_(is_open, row.valid_until > as_of))
