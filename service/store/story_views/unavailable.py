"""Reason why a story has no page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.tables import StoryRow, StoryVersionRow


class UnavailableReason(StrEnum):
    """Why a story is not shown: it never existed, an editor hid it, or it emerged later."""

    UNKNOWN = "unknown"
    HIDDEN = "hidden"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The reason; `since` is the start of the first stored state of a story that emerged later."""

    reason: UnavailableReason
    since: datetime | None = None


def explain_unavailable(session: Session, story_id: str) -> Unavailable:
    """Explain why `get_story` raised NotFoundError; at most two statements."""
    hidden = session.scalar(select(StoryRow.hidden).where(StoryRow.id == story_id))
    if hidden is None:
        return Unavailable(UnavailableReason.UNKNOWN)
    if hidden:
        return Unavailable(UnavailableReason.HIDDEN)
    start = select(func.min(StoryVersionRow.valid_from)).where(StoryVersionRow.id == story_id)
    return Unavailable(UnavailableReason.NOT_YET, session.scalar(start))
