"""How stories stood: each state of a story's row, from one instant until another.

Every change of stories has an instant of its own, later than all before it. So whatever
could be seen between two changes can be asked for again, and an instant tells which change
it was.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import exists, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.tables import (
    CopyRow,
    DecisionRow,
    StoryFacts,
    StorylineRow,
    StoryRow,
    StoryVersionRow,
)

_SOONEST = timedelta(microseconds=1)
_FACTS = (
    *(name for name in vars(StoryFacts)["__annotations__"]),
    "merged_into",
    "split_from",
    "storyline_id",
)
_TITLE = (
    select(StorylineRow.title).where(StorylineRow.id == StoryRow.storyline_id).scalar_subquery()
)
_NOW = (*(getattr(StoryRow, name) for name in _FACTS), _TITLE)
_THEN = (*(getattr(StoryVersionRow, name) for name in _FACTS), StoryVersionRow.storyline_title)


def next_instant(session: Session, now: datetime) -> datetime:
    """When the caller's change happens: now, or just after the last change if clocks differ.

    The caller holds `plans.LOCK`.
    """
    latest = (
        func.max(StoryVersionRow.valid_from),
        select(func.max(CopyRow.valid_from)).scalar_subquery(),
        select(func.max(CopyRow.valid_until)).scalar_subquery(),
        select(func.max(DecisionRow.made_at)).scalar_subquery(),
        select(func.max(DecisionRow.undone_at)).scalar_subquery(),
    )
    last = session.scalar(select(func.greatest(*latest)))
    return now if last is None or last < now else last + _SOONEST


def keep(session: Session, story_ids: Iterable[str], *, at: datetime) -> None:
    """Write down how these stories stand from this instant on; those unchanged are left alone.

    The last step of a transaction that changed stories, once for each instant.
    """
    ids = list(story_ids)
    is_open = StoryVersionRow.valid_until.is_(None)
    same_story = StoryVersionRow.id == StoryRow.id
    session.execute(
        update(StoryVersionRow)
        .where(StoryVersionRow.id.in_(ids), is_open, same_story)
        .where(tuple_(*_THEN).is_distinct_from(tuple_(*_NOW)))
        .values(valid_until=at)
        .execution_options(synchronize_session=False)
    )
    since = literal(at, StoryVersionRow.valid_from.type)
    rows = select(StoryRow.id, since, *_NOW).where(
        StoryRow.id.in_(ids), ~exists().where(is_open, same_story)
    )
    names = ["id", "valid_from", *_FACTS, "storyline_title"]
    session.execute(insert(StoryVersionRow).from_select(names, rows))
