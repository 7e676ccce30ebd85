"""An editor at work in tests: each act in a transaction of its own."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from service.store.decisions import Decision
from service.store.editing import Act
from service.store.sessions import Sessions


def decide(
    sessions: Sessions, now: datetime, act: Callable[[Session, Act], Decision], *, by: str = "ann"
) -> Decision:
    """Let an editor act at a moment."""
    with sessions.begin() as session:
        return act(session, Act(by, "a reason", now, now))
