"""Change feed: transitions of all stories in one sequence that clients can follow without gaps."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.stories.transitions import StoryTransition
from service.errors import BadInputError
from service.store.database.paging import Page, make_page
from service.store.story_views.history import (
    is_visible,
    select_transitions,
    transition_from_row,
)
from service.store.tables import TransitionRow


def load_changes_since(session: Session, number: int, *, limit: int = 100) -> Page[StoryTransition]:
    """The transitions with an id above `number`, in order; one statement.

    Ids become visible in ascending order, with gaps, so a client that continues after the last id
    misses nothing. For a hidden story, only the transition `hidden` is included.
    """
    statement = (
        select_transitions()
        .where(TransitionRow.id > number, is_visible())
        .order_by(TransitionRow.id)
        .limit(limit + 1)
    )
    transitions = [transition_from_row(*row) for row in session.execute(statement)]
    return make_page([(each, (each.id,)) for each in transitions], limit)


def latest_change(session: Session) -> int:
    """The id of the latest transition, 0 if there is none; one statement."""
    statement = select(TransitionRow.id).order_by(TransitionRow.id.desc()).limit(1)
    return session.scalar(statement) or 0


def require_existing_change(session: Session, number: int) -> None:
    """Raise BadInputError if `number` is above the latest transition; at most one statement.

    This database never issued such an id. A client that waits for it would miss all changes before.
    """
    if number and number > (latest := latest_change(session)):
        raise BadInputError(
            f"Invalid since {number}: the latest change is {latest}; start with 0 or with "
            "since=latest. If this service returned the number, its database was replaced or "
            "restored: discard stored stories and load them again"
        )
