"""SQL condition: an outlet usually reports stories like this one, but not this one."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.dialects.postgresql import ARRAY

from service.store.tables import StoryAbsenceRow, StoryRow


def lacks_usual_outlet(story: type[StoryRow], slugs: Sequence[str]) -> ColumnElement[bool]:
    """Whether the stored missing coverage of a story contains one of the outlets."""
    values = cast(list(slugs), ARRAY(Text))
    overlaps = StoryAbsenceRow.outlets.op("&&", is_comparison=True)(values)
    return story.id.in_(select(StoryAbsenceRow.story_id).where(overlaps))
