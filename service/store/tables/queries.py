"""Saved queries."""

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Timestamp


class SavedQueryRow(Base):
    """A query in the query language, with an id that feeds, alerts and webhooks refer to."""

    __tablename__ = "saved_queries"

    id: Mapped[str] = mapped_column(primary_key=True)  #: a slug that its creator chose
    title: Mapped[str]
    q: Mapped[str]  #: text in the query language
    created_by: Mapped[str]  #: name of the key, or "command line"
    created_at: Mapped[Timestamp]
    changed_at: Mapped[Timestamp]
    #: Vector of the condition `meaning`, and its model; the job `embed` sets them.
    meaning_model: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("models.id"))
    meaning_vector: Mapped[list[float] | None] = mapped_column(HALFVEC())
