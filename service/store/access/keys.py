"""API keys: create, list, revoke, authenticate. Only hashes of secrets are stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.access.roles import Role, hash_secret, new_secret
from service.errors import AlreadyExistsError, BadInputError, NotFoundError
from service.store.tables import KeyRow

MAX_NAME_LENGTH = 100
#: Precision of `last_used_at`: one update per interval saves a write per request.
LAST_USED_INTERVAL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key without its secret; decisions made with it bear its name."""

    id: int
    name: str
    roles: frozenset[Role]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None  #: up to `LAST_USED_INTERVAL` too early

    def is_valid(self, now: datetime) -> bool:
        """Return whether the key is neither revoked nor expired."""
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
    """Create a key and return it with its secret, which is not stored.

    An empty `secret` is replaced by a random one; empty `roles` give the role reader.

    Raises:
        BadInputError: the name is empty, too long or not printable, or `expires_at` has passed.
        AlreadyExistsError: a key with this name exists and is not revoked.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise BadInputError(
            f"Invalid key name {ascii(name)[:40]}: expected 1 to {MAX_NAME_LENGTH} printable "
            "characters"
        )
    if expires_at is not None and expires_at <= now:
        raise BadInputError(f"Invalid expiry {expires_at:%F %T}: expected a time in the future")
    secret = secret or new_secret()
    values = {
        "name": name,
        "hash": hash_secret(secret),
        "roles": sorted(set(roles) or {Role.READER}),
        "created_at": now,
        "expires_at": expires_at,
    }
    row = session.scalars(
        insert(KeyRow).values(values).on_conflict_do_nothing().returning(KeyRow)
    ).one_or_none()
    if row is None:
        raise AlreadyExistsError(
            f"A key named {name} already exists as key {get_by_name(session, name).id}; "
            "choose another name or revoke that key"
        )
    return _key(row), secret


def list_keys(
    session: Session, *, include_revoked: bool = False, after: int = 0, limit: int | None = None
) -> list[Key]:
    """List keys by id, at most `limit` whose ids are greater than `after`."""
    statement = select(KeyRow).where(KeyRow.id > after).order_by(KeyRow.id).limit(limit)
    if not include_revoked:
        statement = statement.where(KeyRow.revoked_at.is_(None))
    return [_key(row) for row in session.scalars(statement)]


def revoke(session: Session, key_id: int, *, now: datetime) -> Key:
    """Revoke a key immediately; idempotent.

    Raises:
        NotFoundError: there is no key with this id.
    """
    session.execute(
        update(KeyRow)
        .where(KeyRow.id == key_id, KeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return get(session, key_id)


def get(session: Session, key_id: int) -> Key:
    """Return a key, revoked or not.

    Raises:
        NotFoundError: there is no key with this id.
    """
    row = session.get(KeyRow, key_id, populate_existing=True)
    if row is None:
        raise NotFoundError("key", key_id)
    return _key(row)


def get_by_name(session: Session, name: str) -> Key:
    """Return the key with a name, ignoring case and revoked keys.

    Raises:
        NotFoundError: there is no such key.
    """
    same = func.lower(KeyRow.name) == name.strip().lower()
    row = session.scalar(select(KeyRow).where(same, KeyRow.revoked_at.is_(None)))
    if row is None:
        raise NotFoundError("key", name)
    return _key(row)


def authenticate(session: Session, digest: bytes, *, now: datetime) -> Key | None:
    """Return the key with this secret hash, valid or not; update `last_used_at` of a valid one."""
    row = session.scalar(select(KeyRow).where(KeyRow.hash == digest))
    if row is None:
        return None
    key = _key(row)
    outdated = now - LAST_USED_INTERVAL
    if key.is_valid(now) and (key.last_used_at is None or key.last_used_at < outdated):
        due = or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at < outdated)
        session.execute(update(KeyRow).where(KeyRow.id == key.id, due).values(last_used_at=now))
    return key


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
