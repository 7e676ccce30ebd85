"""Addresses of the pages of stories, storylines and outlets, with the times of their changes."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.domain.urls.links import outlet_path, story_path, storyline_path
from service.store.tables import OutletRow, StorylineRow, StoryRow


def list_addresses(session: Session, *, max_stories: int) -> Iterator[tuple[str, datetime | None]]:
    """Yield paths: visible storylines, outlets, and the latest visible stories; three statements.

    The time is that of the last change of a story, and None for other pages.
    """
    listed = (StoryRow.state != "merged", ~StoryRow.hidden)
    in_use = exists().where(StoryRow.storyline_id == StorylineRow.id, *listed)
    for storyline in session.scalars(select(StorylineRow.id).where(in_use)):
        yield storyline_path(storyline), None
    for slug in session.scalars(select(OutletRow.slug).order_by(OutletRow.slug)):
        yield outlet_path(slug), None
    latest = (
        select(StoryRow.id, StoryRow.slug, StoryRow.changed_at)
        .where(*listed, StoryRow.articles > 0)
        .order_by(StoryRow.last_reported_at.desc(), StoryRow.id)
        .limit(max_stories)
    )
    for story_id, slug, changed_at in session.execute(latest):
        yield story_path(story_id, slug), changed_at
