"""Keys that links are signed with; each is made when it is first needed, and then stays."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.store.tables import LinkKeyRow

#: The name of the key of a subscriber's links.
LINKS = "links"
_BYTES = 32


def known(session: Session, name: str) -> bytes | None:
    """A key, if it was made."""
    return session.scalar(select(LinkKeyRow.value).where(LinkKeyRow.name == name))


def ensure(session: Session, name: str, *, now: datetime) -> bytes:
    """A key; the same for every process."""
    row = {"name": name, "value": secrets.token_bytes(_BYTES), "created_at": now}
    session.execute(insert(LinkKeyRow).values(row).on_conflict_do_nothing())
    return session.scalars(select(LinkKeyRow.value).where(LinkKeyRow.name == name)).one()
