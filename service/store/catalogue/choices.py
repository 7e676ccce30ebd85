"""Choices of the web forms: the values that filters and preferences accept."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.tables import FamilyRow, OutletRow, StorylineRow

#: Number of the latest storylines that a form offers.
MAX_STORYLINES = 200
#: A value of a filter and its display name.
Choice = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """Values with their display names, in alphabetical order; storylines have the latest first."""

    outlets: tuple[Choice, ...]
    families: tuple[Choice, ...]
    storylines: tuple[Choice, ...]
    countries: tuple[str, ...]  #: ISO 3166-1 codes of outlets
    languages: tuple[str, ...]  #: ISO 639 codes of outlets


def load_choices(session: Session) -> Choices:
    """Load the choices; two statements."""
    statement = select(
        OutletRow.slug,
        OutletRow.name,
        OutletRow.family,
        FamilyRow.name,
        OutletRow.country,
        OutletRow.language,
    ).join(FamilyRow, FamilyRow.slug == OutletRow.family)
    rows = session.execute(statement.order_by(OutletRow.name, OutletRow.slug)).all()
    storylines = select(StorylineRow.id, StorylineRow.title).order_by(
        StorylineRow.created_at.desc(), StorylineRow.id
    )
    return Choices(
        outlets=tuple((row[0], row[1]) for row in rows),
        families=tuple(sorted({row[2]: row[3] for row in rows}.items())),
        storylines=tuple(
            (row.id, row.title) for row in session.execute(storylines.limit(MAX_STORYLINES))
        ),
        countries=tuple(sorted({row[4] for row in rows if row[4]})),
        languages=tuple(sorted({row[5] for row in rows if row[5]})),
    )
