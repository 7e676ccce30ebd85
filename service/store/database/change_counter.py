"""Change counter of the store: the version that ETags and the response cache depend on."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from service.store.tables import ChangeCounterRow


@dataclass(frozen=True, slots=True)
class ChangeCounter:
    """Number and time of the last change.

    `value` grows with each change of public data: stories and their history, articles, outlets.
    Feed health and job runs do not count. `changed_at` has whole seconds and is different for
    each value. When changes come faster than once a second, `changed_at` runs ahead of the clock
    and `is_past` is False.
    """

    value: int
    changed_at: datetime
    is_past: bool
    #: Grows with each change of an API key; independent of `value`.
    key_changes: int = field(default=0, compare=False)


_LATEST = text(
    "SELECT value, changed_at, changed_at <= clock_timestamp(), key_changes "
    "FROM change_counter WHERE single"
)


def read_change_counter(session: Session) -> ChangeCounter:
    """Read the counter in the snapshot of the transaction, without `key_changes`; one statement."""
    is_past = ChangeCounterRow.changed_at <= func.clock_timestamp()
    statement = select(ChangeCounterRow.value, ChangeCounterRow.changed_at, is_past)
    return ChangeCounter(*session.execute(statement.where(ChangeCounterRow.single)).one())


def read_latest_change_counter(engine: Engine) -> ChangeCounter:
    """Read the counter on a new connection, with as little overhead as possible; one statement."""
    with engine.connect() as connection:
        return ChangeCounter(*connection.execute(_LATEST).one())
