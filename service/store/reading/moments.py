"""Now, or as of an instant: which rows speak for a story, and who belonged to it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal, or_

from service.store.tables import MembershipRow, StoryRow, StoryVersionRow

#: A story's row, or the version of it that stood at some instant.
Standing = type[StoryRow] | type[StoryVersionRow]


def standing(as_of: datetime | None) -> Standing:
    """Where to read stories."""
    return StoryRow if as_of is None else StoryVersionRow


def stood(as_of: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """What to ask of a version, in the words of its index; nothing of a present row."""
    if as_of is None:
        return ()
    period = func.tstzrange(StoryVersionRow.valid_from, StoryVersionRow.valid_until)
    instant = literal(as_of, StoryVersionRow.valid_from.type)
    return (period.op("@>", is_comparison=True)(instant),)


def belongs(as_of: datetime | None) -> ColumnElement[bool]:
    """Whether a membership holds."""
    is_open = MembershipRow.valid_until.is_(None)
    if as_of is None:
        return is_open
    return and_(MembershipRow.valid_from <= as_of, or_(is_open, MembershipRow.valid_until > as_of))
