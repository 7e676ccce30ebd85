"""Keys of the API. Secrets are shown once, when they are made; only their hashes are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.access.roles import Role, new_secret, secret_hash
from service.errors import BadInputError, NotFoundError, TakenError
from service.store.tables import KeyRow

#: Longest name.
NAME = 100
#: How often it is noted that a key is in use.
USE_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret; decisions made with it carry its name."""

    id: int
    name: str
    roles: frozenset[Role]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None  #: to some minutes

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything at a moment."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired


def create(
    session: Session,
    name: str,
    roles: Collection[Role],
    *,
    now: datetime,
    expires_at: datetime | None = None,
    secret: str = "",
) -> tuple[Key, str]:
    """A new key and its secret, which is made unless one is given, and is not kept.

    Raises:
        BadInputError: the name is empty, too long or not printable, or the key expired already.
        TakenError: a key that was not revoked has this name.
    """
    name = _name(name)
    if expires_at is not None and expires_at <= now:
        raise BadInputError(f"{expires_at:%F %T} has passed: the key would have expired already")
    secret = secret or new_secret()
    values = {
        "name": name,
        "hash": secret_hash(secret),
        "roles": sorted(set(roles) or {Role.READER}),
        "created_at": now,
        "expires_at": expires_at,
    }
    found = session.scalars(
        insert(KeyRow).values(values).on_conflict_do_nothing().returning(KeyRow)
    ).one_or_none()
    if found is None:
        raise TakenError(f"there is a key {name} already; choose another name, or revoke that one")
    return _key(found), secret


def listed(
    session: Session, *, all_of_them: bool = False, after: int = 0, limit: int | None = None
) -> list[Key]:
    """Keys that were not revoked, or all, by id; from one on, and so many, if that is wanted."""
    statement = select(KeyRow).where(KeyRow.id > after).order_by(KeyRow.id).limit(limit)
    if not all_of_them:
        statement = statement.where(KeyRow.revoked_at.is_(None))
    return [_key(row) for row in session.scalars(statement)]


def revoke(session: Session, key_id: int, *, now: datetime) -> Key:
    """Let a key open nothing any more; NotFoundError if there is none. Again changes nothing."""
    session.execute(
        update(KeyRow)
        .where(KeyRow.id == key_id, KeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return get(session, key_id)


def get(session: Session, key_id: int) -> Key:
    """One key, revoked or not; NotFoundError if there is none."""
    row = session.get(KeyRow, key_id, populate_existing=True)
    if row is None:
        raise NotFoundError("key", key_id)
    return _key(row)


def named(session: Session, name: str) -> Key:
    """The key of a name that was not revoked; NotFoundError if there is none."""
    same = func.lower(KeyRow.name) == name.strip().lower()
    row = session.scalar(select(KeyRow).where(same, KeyRow.revoked_at.is_(None)))
    if row is None:
        raise NotFoundError("key", name)
    return _key(row)


def presented(session: Session, digest: bytes, *, now: datetime) -> Key | None:
    """The key whose secret has this hash, good or not; notes now and then that it is in use."""
    row = session.scalar(select(KeyRow).where(KeyRow.hash == digest))
    if row is None:
        return None
    key = _key(row)
    if key.is_good(now) and (key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY):
        due = or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at < now - USE_NOTED_EVERY)
        session.execute(update(KeyRow).where(KeyRow.id == key.id, due).values(last_used_at=now))
    return key


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > NAME or not name.isprintable():
        raise BadInputError(
            f"a key's name has 1 to {NAME} printable characters; {ascii(text)[:40]}"
        )
    return name


def _key(row: KeyRow) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles if role in set(Role)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
