"""Reasons why a story is not shown."""

from datetime import UTC, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.tables import StoryRow


def missing_story(session: Session, story_id: str, as_of: datetime | None) -> NotFoundError:
    """The error for a story that was not found at `as_of`; one statement at most.

    For a story that exists now, the message names the time.
    """
    is_shown = exists().where(StoryRow.id == story_id, ~StoryRow.hidden)
    if as_of is None or not session.scalar(select(is_shown)):
        return NotFoundError("story", story_id)
    at = f"{as_of.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    message = f"Story {story_id} did not exist yet at {at}: use a later as_of"
    return NotFoundError("story", story_id, message)
