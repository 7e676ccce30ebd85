"""Story versions: every state of a story's row with its period of validity, for `as_of` queries.

Each change of stories has a unique timestamp, later than all earlier ones. Every state between two
changes can therefore be queried again, and a timestamp identifies its change.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import exists, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.database.arrays import equals_any
from service.store.tables import (
    CopyRow,
    DecisionRow,
    StoryFacts,
    StorylineRow,
    StoryRow,
    StoryVersionRow,
)

_SMALLEST_STEP = timedelta(microseconds=1)
_VERSIONED_COLUMNS = (
    *(name for name in vars(StoryFacts)["__annotations__"]),
    "merged_into",
    "split_from",
    "storyline_id",
)
_STORYLINE_TITLE = (
    select(StorylineRow.title).where(StorylineRow.id == StoryRow.storyline_id).scalar_subquery()
)
_CURRENT_VALUES = (*(getattr(StoryRow, name) for name in _VERSIONED_COLUMNS), _STORYLINE_TITLE)
_VERSION_VALUES = (
    *(getattr(StoryVersionRow, name) for name in _VERSIONED_COLUMNS),
    StoryVersionRow.storyline_title,
)


def next_instant(session: Session, now: datetime) -> datetime:
    """The timestamp of a new change: `now`, or just after the last change if clocks differ.

    Requires `apply_plan.LOCK`.
    """
    latest = (
        func.max(StoryVersionRow.valid_from),
        select(func.max(CopyRow.valid_from)).scalar_subquery(),
        select(func.max(CopyRow.valid_until)).scalar_subquery(),
        select(func.max(DecisionRow.made_at)).scalar_subquery(),
        select(func.max(DecisionRow.undone_at)).scalar_subquery(),
    )
    last = session.scalar(select(func.greatest(*latest)))
    return now if last is None or last < now else last + _SMALLEST_STEP


def record_versions(session: Session, story_ids: Iterable[str], *, at: datetime) -> None:
    """Start a new version at this time for each of these stories whose row changed.

    Must be the last step of a transaction that changes stories, once per timestamp.
    """
    ids = list(story_ids)
    is_open = StoryVersionRow.valid_until.is_(None)
    same_story = StoryVersionRow.id == StoryRow.id
    session.execute(
        update(StoryVersionRow)
        .where(equals_any(StoryVersionRow.id, ids), is_open, same_story)
        .where(tuple_(*_VERSION_VALUES).is_distinct_from(tuple_(*_CURRENT_VALUES)))
        .values(valid_until=at)
        .execution_options(synchronize_session=False)
    )
    since = literal(at, StoryVersionRow.valid_from.type)
    rows = select(StoryRow.id, since, *_CURRENT_VALUES).where(
        equals_any(StoryRow.id, ids), ~exists().where(is_open, same_story)
    )
    names = ["id", "valid_from", *_VERSIONED_COLUMNS, "storyline_title"]
    session.execute(insert(StoryVersionRow).from_select(names, rows))
