"""What happened to stories, all of them in one sequence that can be followed without a gap."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import BadInputError
from service.store.database.paging import Page, cut
from service.store.story_views.history import StoryTransition, is_visible, transition_from_row, select_transitions
from service.store.tables import TransitionRow


def changes_since(session: Session, number: int, *, limit: int = 100) -> Page[StoryTransition]:
    """The transitions after a number, in order; one statement.

    Numbers become visible in their order, though some are never used: whoever goes on after the
    last one seen misses none. Of stories that an editor hid only that is told.
    """
    statement = (
        select_transitions()
        .where(TransitionRow.id > number, is_visible())
        .order_by(TransitionRow.id)
        .limit(limit + 1)
    )
    found = [transition_from_row(*row) for row in session.execute(statement)]
    return cut([(each, (each.id,)) for each in found], limit)


def latest_change(session: Session) -> int:
    """The number of the last transition, 0 before the first; one statement."""
    statement = select(TransitionRow.id).order_by(TransitionRow.id.desc()).limit(1)
    return session.scalar(statement) or 0


def require_existing_change(session: Session, number: int) -> None:
    """Raise BadInputError if the sequence has not come to a number yet; one statement, or none for 0.

    Nobody was given such a number by this store as it is now: whoever waited there would miss all
    that comes until it is reached.
    """
    if number and number > (latest := latest_change(session)):
        raise BadInputError(
            f"changes have come to number {latest}, not to {number}; begin with 0, or with what "
            "since=latest tells. A number told before shows that the store is another one or was "
            "set back: then read anew what is kept of it"
        )
