"""Stored vocabulary (document frequencies) of the latest window, used until the next reconcile.

After a switch to another embedding model, the vocabularies of both are stored until then.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.pairs.vocabulary import Vocabulary
from service.store.tables import VocabularyRow


def save(session: Session, vocabulary: Vocabulary, *, now: datetime) -> None:
    """Replace all stored vocabularies."""
    session.execute(delete(VocabularyRow))
    save_beside(session, vocabulary, now=now)


def save_beside(session: Session, vocabulary: Vocabulary, *, now: datetime) -> None:
    """Store the vocabulary of another model and keep the stored ones."""
    row = VocabularyRow(created_at=now, articles=vocabulary.articles, data=vocabulary.to_bytes())
    session.add(row)


def latest(session: Session, model: str = "") -> Vocabulary | None:
    """The latest vocabulary of an embedding model, by default of any; None without one."""
    rows = session.scalars(select(VocabularyRow.data).order_by(VocabularyRow.id.desc()))
    stored = (Vocabulary.from_bytes(data) for data in rows)
    return next((each for each in stored if model in {"", each.centering_mean.model}), None)
