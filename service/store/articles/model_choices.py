"""The embedding model in use, the one that the settings request, and the switch between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session, aliased

from service.store.database.locks import lock_until_commit
from service.store.tables import ModelChoiceRow, ModelRow, VectorRow

LOCK = "models"


@dataclass(frozen=True, slots=True)
class StoredChoice:
    """A choice of a model; `model` and `tag` are None until a process has loaded the model."""

    id: int
    choice: Mapping[str, Any]  #: see `settings.model_choice`
    model: int | None
    tag: str | None
    switched_at: datetime | None

    @property
    def name(self) -> str:
        """Name of the model in the settings."""
        return str(self.choice["embed"]["model"])


@dataclass(frozen=True, slots=True)
class Reembedding:
    """Progress of a change of the model, in articles."""

    former: str  #: model in use
    requested: str  #: model of the settings
    encoded: int
    total: int


def find_in_use(session: Session) -> StoredChoice | None:
    """Return the choice in use; None before the first run of the job `embed`."""
    statement = _choices().where(ModelChoiceRow.switched_at.is_not(None))
    order = (ModelChoiceRow.switched_at.desc(), ModelChoiceRow.id.desc())
    row = session.execute(statement.order_by(*order).limit(1)).one_or_none()
    return StoredChoice(*row) if row else None


def find_requested(session: Session) -> StoredChoice | None:
    """Return the latest choice that a process requested at its start."""
    statement = _choices().order_by(ModelChoiceRow.id.desc()).limit(1)
    row = session.execute(statement).one_or_none()
    return StoredChoice(*row) if row else None


def find_pending(session: Session) -> StoredChoice | None:
    """Return the requested choice if it is not in use yet."""
    requested = find_requested(session)
    return None if requested is None or requested.switched_at is not None else requested


def request(session: Session, choice: Mapping[str, Any], *, now: datetime) -> bool:
    """Request a choice, unless it is the latest one; returns whether articles must be encoded.

    Other weights for the same vectors are in use at once.
    """
    lock_until_commit(session, LOCK)
    in_use, requested = find_in_use(session), find_requested(session)
    if in_use is None or requested is None or requested.choice == choice:
        return False
    same_vectors = in_use.choice["embed"] == choice["embed"]
    row = ModelChoiceRow(choice=dict(choice), requested_at=now)
    if same_vectors:
        row.model_id, row.switched_at = in_use.model, now
    session.add(row)
    session.flush()
    return not same_vectors


def adopt(session: Session, model: int, choice: Mapping[str, Any], *, now: datetime) -> None:
    """Put a choice into use at once, as the first one or because the former cannot be loaded."""
    lock_until_commit(session, LOCK)
    row = ModelChoiceRow(choice=dict(choice), requested_at=now, switched_at=now, model_id=model)
    session.add(row)
    session.flush()


def set_model(session: Session, choice: int, model: int) -> None:
    """Record which model a requested choice is."""
    row = update(ModelChoiceRow).where(ModelChoiceRow.id == choice)
    session.execute(row.values(model_id=model))


def switch(session: Session, choice: int, *, now: datetime) -> bool:
    """Put a requested choice into use; False if another one was requested in the meantime."""
    lock_until_commit(session, LOCK)
    if (requested := find_requested(session)) is None or requested.id != choice:
        return False
    row = update(ModelChoiceRow).where(ModelChoiceRow.id == choice)
    session.execute(row.values(switched_at=now))
    return True


def is_in_use(session: Session, tag: str) -> bool:
    """Return whether the model with this tag is in use; True if none is yet."""
    in_use = find_in_use(session)
    return in_use is None or in_use.tag == tag


def find_to_encode(session: Session, model: int, *, limit: int) -> dict[int, int]:
    """Find articles with a vector of another model, but no vector of this one as recent.

    Returns the revision of the other vector by article id, newest articles first.
    """
    own = aliased(VectorRow)
    statement = (
        select(VectorRow.article_id, func.max(VectorRow.revision))
        .outerjoin(own, (own.article_id == VectorRow.article_id) & (own.model_id == model))
        .where(VectorRow.model_id != model)
        .where(own.revision.is_(None) | (own.revision < VectorRow.revision))
        .group_by(VectorRow.article_id)
        .order_by(VectorRow.article_id.desc())
        .limit(limit)
    )
    return dict(session.execute(statement).all())


def measure_reembedding(session: Session) -> Reembedding | None:
    """Return the progress of a change of the model; None if none is pending."""
    pending, in_use = find_pending(session), find_in_use(session)
    if pending is None or in_use is None:
        return None
    articles = select(func.count()).where(VectorRow.model_id == in_use.model)
    encoded = select(func.count()).where(VectorRow.model_id == pending.model)
    return Reembedding(
        former=in_use.name,
        requested=pending.name,
        encoded=session.scalar(encoded) or 0,
        total=session.scalar(articles) or 0,
    )


def delete_former_vectors(session: Session, *, before: datetime, limit: int) -> int:
    """Delete vectors of former models that were replaced before a time; returns the number.

    The model without vectors is deleted with its index.
    """
    in_use = find_in_use(session)
    if (
        in_use is None
        or in_use.switched_at is None
        or in_use.switched_at >= before
        or find_pending(session)
    ):
        return 0
    former = session.scalar(select(ModelRow.id).where(ModelRow.id != in_use.model).limit(1))
    if former is None or in_use.model is None or find_to_encode(session, in_use.model, limit=1):
        return 0
    rows = text(
        "DELETE FROM vectors WHERE ctid = ANY(ARRAY("
        "SELECT ctid FROM vectors WHERE model_id = :model LIMIT :limit)) RETURNING 1"
    )
    deleted = len(session.execute(rows, {"model": former, "limit": limit}).all())
    if deleted < limit:
        session.execute(text(f"DROP INDEX IF EXISTS ix_vectors_hnsw_{former:d}"))
        session.execute(delete(ModelChoiceRow).where(ModelChoiceRow.model_id == former))
        session.execute(delete(ModelRow).where(ModelRow.id == former))
    return deleted


def _choices() -> Any:
    row = ModelChoiceRow
    columns = select(row.id, row.choice, row.model_id, ModelRow.tag, row.switched_at)
    return columns.outerjoin(ModelRow, ModelRow.id == row.model_id)
