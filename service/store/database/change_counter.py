"""Which state of the store a transaction sees."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from service.store.tables import ChangeCounterRow


@dataclass(frozen=True, slots=True)
class State:
    """How much was changed so far, and when last.

    `number` grows with each change of what readers see: of stories and their history, articles,
    outlets; not with feeds' health or runs of jobs. `changed_at` is in whole seconds and grows as
    strictly; while changes come faster than seconds pass it is ahead of the clock, and not `past`.
    """

    number: int
    changed_at: datetime
    past: bool
    #: Grows with each change of what keys open; says nothing of what readers see.
    keys: int = field(default=0, compare=False)


_NOW = text(
    "SELECT value, changed_at, changed_at <= clock_timestamp(), key_changes FROM change_counter WHERE single"
)


def current_state(session: Session) -> State:
    """The state that this transaction sees, without the count of keys; one statement, one row."""
    past = ChangeCounterRow.changed_at <= func.clock_timestamp()
    columns = (ChangeCounterRow.value, ChangeCounterRow.changed_at, past)
    number, changed_at, is_past = session.execute(
        select(*columns).where(ChangeCounterRow.single)
    ).one()
    return State(number, changed_at, is_past)


def read_state(engine: Engine) -> State:
    """The state at this moment, read as cheaply as can be; one statement."""
    with engine.connect() as connection:
        return State(*connection.execute(_NOW).one())
