"""Stored vocabulary (document frequencies) of the latest window, used until the next reconcile."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.pairs.vocabulary import Vocabulary
from service.store.tables import VocabularyRow


def save(session: Session, vocabulary: Vocabulary, *, now: datetime) -> None:
    """Replace the stored vocabulary."""
    session.execute(delete(VocabularyRow))
    row = VocabularyRow(created_at=now, articles=vocabulary.articles, data=vocabulary.to_bytes())
    session.add(row)


def latest(session: Session, model: str = "") -> Vocabulary | None:
    """The stored vocabulary, or None if there is none or it belongs to another embedding model."""
    data = session.scalar(select(VocabularyRow.data).order_by(VocabularyRow.id.desc()).limit(1))
    vocabulary = Vocabulary.from_bytes(data) if data else None
    if vocabulary is None or model not in {"", vocabulary.centering_mean.model}:
        return None
    return vocabulary
