"""The lexicon of the latest window: what place weighs words by until the next reconcile."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.pairs.vocabulary import Vocabulary
from service.store.tables import VocabularyRow


def save(session: Session, vocabulary: Vocabulary, *, now: datetime) -> None:
    """Replace the lexicon."""
    session.execute(delete(VocabularyRow))
    row = VocabularyRow(created_at=now, articles=vocabulary.articles, data=vocabulary.to_bytes())
    session.add(row)


def latest(session: Session, model: str = "") -> Vocabulary | None:
    """The lexicon, if a window was ever reconciled; with `model`, if it was one of its vectors."""
    data = session.scalar(select(VocabularyRow.data).order_by(VocabularyRow.id.desc()).limit(1))
    found = Vocabulary.from_bytes(data) if data else None
    return found if found and model in {"", found.centre.model} else None
