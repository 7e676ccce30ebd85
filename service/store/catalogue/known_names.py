"""Check of names that users give: outlets, publisher families, storylines and others must exist."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.domain.queries.conditions import Field, Query
from service.domain.text.nearest import suggest
from service.errors import BadInputError
from service.store.tables import FamilyRow, FeedRow, OutletRow, StorylineRow, StoryRow

Column = InstrumentedAttribute[Any]


def require_known_names(
    session: Session,
    *,
    outlets: Collection[str] = (),
    families: Collection[str] = (),
    storylines: Collection[str] = (),
) -> None:
    """Check that outlets, families (slugs) and storylines (ids) exist; one statement for each kind.

    Raises:
        BadInputError: one does not exist; the message contains the nearest existing one.
    """
    _require(session, "outlet", outlets, OutletRow.slug, OutletRow.name)
    _require(session, "publisher family", families, FamilyRow.slug, FamilyRow.name)
    _require(session, "storyline", storylines, StorylineRow.id, StorylineRow.title)


def require_known_query(session: Session, query: Query) -> None:
    """Check the outlets, families and storylines of a query; one statement for each kind.

    Raises:
        BadInputError: one does not exist; the message contains the nearest existing one.
    """
    outlet_fields = (Field.OUTLET, Field.AGENCY, Field.FIRST_OUTLET, Field.MISSING_OUTLET)
    require_known_names(
        session,
        outlets=[value for field in outlet_fields for value in query.values(field)],
        families=query.values(Field.FAMILY),
        storylines=query.values(Field.STORYLINE),
    )


def require_known_ids(
    session: Session, *, story: str | None = None, feed: int | None = None
) -> None:
    """Check that a story and a feed exist; one statement for each id that is given.

    Raises:
        BadInputError: there is no story or feed with this id.
    """
    for noun, number, column in (("story", story, StoryRow.id), ("feed", feed, FeedRow.id)):
        if number is not None and not _find_existing(session, column, [number]):
            raise BadInputError(f"Unknown {noun} {number!r}: no {noun} has this id")


def _require(
    session: Session, noun: str, given: Collection[str], key: Column, name: Column
) -> None:
    """Check that all given keys exist in a column; `name` is the column of display names."""
    if not given:
        return
    unknown = set(given) - _find_existing(session, key, given)
    for each in sorted(unknown):
        known = {row[0]: row[1] for row in session.execute(select(key, name))}
        raise BadInputError(
            f"Unknown {noun} {each!r}: {suggest(each, known) or f'no {noun} exists'}"
        )


def _find_existing(session: Session, column: Column, values: Collection[Any]) -> set[Any]:
    return set(session.scalars(select(column).where(column.in_(values))))
