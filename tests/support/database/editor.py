"""Editor decisions, each in a transaction of its own."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from service.store.database.sessions import Sessions
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision


def decide(
    sessions: Sessions,
    now: datetime,
    act: Callable[[Session, EditorAction], Decision],
    *,
    by: str = "ann",
) -> Decision:
    """Make a decision as an editor at `now`."""
    with sessions.begin() as session:
        return act(session, EditorAction(by, "a reason", now, now))
