"""Outlets that do not report a story, as cards and story pages name them."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from service.store.stories.surroundings import load_absent_outlets
from service.store.story_views.views import StoryView


def list_absent_outlets(
    session: Session, stories: Sequence[StoryView]
) -> dict[str, list[tuple[str, str]]]:
    """Slugs and names of the absent outlets by story; one statement.

    The stored outlets can be older than the reports, so those that now report a story are left out.
    """
    reported = {story.id: {each.outlet.slug for each in story.reports} for story in stories}
    return {
        story: [(slug, name) for slug, name in found if slug not in reported[story]]
        for story, found in load_absent_outlets(session, reported).items()
    }
