"""Check of the values in filters of outlets and feeds: they must exist."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from service.store.catalogue.known_names import require_known_ids, require_known_names


def require_known_values(session: Session, query: BaseModel) -> None:
    """Check the filters that a query has; one statement for each kind of value.

    Raises:
        BadInputError: a value does not exist; the message contains the nearest existing one.
    """

    def value(name: str) -> Any:
        return getattr(query, name, None)

    require_known_names(
        session,
        outlets=value("outlet") or (),
        families=value("family") or (),
        storylines=[value("storyline")] if value("storyline") else (),
    )
    require_known_ids(session, story=value("story"), feed=value("feed"))
