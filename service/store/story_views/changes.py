"""Change feed: transitions of all stories in one sequence that clients can follow without gaps."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.domain.stories.transitions import StoryTransition
from service.errors import BadInputError
from service.store.database.paging import Page, make_page
from service.store.queries.changes import (
    change_conditions,
    find_later_change,
    find_undescribed,
)
from service.store.story_views.history import (
    is_visible,
    select_transitions,
    transition_from_row,
)
from service.store.tables import TransitionRow

#: Numbers of changes that a page with conditions checks, also if few match: the check of a meaning
#: reads the vectors of all reports of each story.
MAX_CHECKED = 5000


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


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes in order; `next` is the id after which the next page starts.

    `more`: later ids exist that this page has not checked. The next page may still be empty.
    """

    items: tuple[StoryTransition, ...]
    next: int
    more: bool


def load_matching_changes(
    session: Session, number: int, query: Query, *, limit: int = 100
) -> ChangePage:
    """The changes after the id `number` whose story matches a resolved query; five statements.

    Without conditions, all changes. With `as_of`, the page ends before the first later change. With
    conditions, the page ends before the first change whose story the job `describe` has not
    described yet. A page checks `MAX_CHECKED` numbers. `next` passes changes that do not match.
    """
    if not query.conditions and query.time is None:
        page = load_changes_since(session, number, limit=limit)
        return ChangePage(
            page.items, page.items[-1].id if page.items else number, page.next is not None
        )
    # Read first, so that no later change is passed.
    known = last_described_change(session, number) if query.conditions else latest_change(session)
    known = last_change_at(session, number, known, query.time)
    end = min(known, number + MAX_CHECKED)
    statement = (
        select_transitions()
        .where(TransitionRow.id > number, TransitionRow.id <= end, is_visible())
        .where(*change_conditions(query))
        .order_by(TransitionRow.id)
        .limit(limit + 1)
    )
    transitions = [transition_from_row(*row) for row in session.execute(statement)]
    items = tuple(transitions[:limit])
    if len(transitions) > limit:
        return ChangePage(items, items[-1].id, more=True)
    return ChangePage(items, max(end, number), more=end < known)


def last_change_at(session: Session, after: int, latest: int, as_of: datetime | None) -> int:
    """`latest`, or the id before the first change after `as_of`; at most one statement."""
    later = None if as_of is None else find_later_change(session, after, as_of)
    return latest if later is None else min(latest, later - 1)


def last_described_change(session: Session, after: int) -> int:
    """The id up to which the stories of all changes are described; two statements."""
    latest = latest_change(session)
    undescribed = find_undescribed(session, after)
    return latest if undescribed is None else min(latest, undescribed - 1)


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
