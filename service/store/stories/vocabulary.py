"""The lexicon of the latest window: what place weighs words by until the next reconcile."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.pairs.vocabulary import Lexicon
from service.store.tables import LexiconRow


def save(session: Session, lexicon: Lexicon, *, now: datetime) -> None:
    """Replace the lexicon."""
    session.execute(delete(LexiconRow))
    row = LexiconRow(made_at=now, articles=lexicon.articles, data=lexicon.to_bytes())
    session.add(row)


def latest(session: Session, model: str = "") -> Lexicon | None:
    """The lexicon, if a window was ever reconciled; with `model`, if it was one of its vectors."""
    data = session.scalar(select(LexiconRow.data).order_by(LexiconRow.id.desc()).limit(1))
    found = Lexicon.from_bytes(data) if data else None
    return found if found and model in {"", found.centre.model} else None
