"""Check of names that users give: outlets, publisher families and storylines must exist."""

import difflib
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import BadInputError
from service.store.tables import FamilyRow, OutletRow, StorylineRow


def require_known_names(
    session: Session,
    *,
    outlets: Collection[str] = (),
    families: Collection[str] = (),
    storylines: Collection[str] = (),
) -> None:
    """Check that outlets, families (slugs) and storylines (ids) exist.

    Raises:
        BadInputError: one does not exist; the message contains the nearest existing one.
    """
    if outlets:
        rows = session.execute(select(OutletRow.slug, OutletRow.name)).all()
        _require("outlet", outlets, dict(rows))
    if families:
        rows = session.execute(select(FamilyRow.slug, FamilyRow.name)).all()
        _require("publisher family", families, dict(rows))
    if storylines:
        rows = session.execute(select(StorylineRow.id, StorylineRow.title)).all()
        _require("storyline", storylines, dict(rows))


def _require(noun: str, given: Collection[str], known: Mapping[str, str]) -> None:
    """Check that all given keys are known; `known` maps them to their display names."""
    for key in sorted(set(given) - known.keys()):
        nearest = _find_nearest(key, known)
        hint = f"did you mean {nearest} ({known[nearest]})?" if nearest else f"there is no {noun}"
        raise BadInputError(f"Unknown {noun} {key!r}: {hint}")


def _find_nearest(text: str, known: Mapping[str, str]) -> str:
    """Return the key that is most similar by itself or by its display name; "" without keys."""
    folded = text.casefold()
    ratios = {
        key: max(
            difflib.SequenceMatcher(None, folded, each.casefold()).ratio() for each in (key, name)
        )
        for key, name in known.items()
    }
    return max(sorted(ratios), key=ratios.__getitem__, default="")
