"""How often what readers see was changed; triggers of the database keep the account."""

from sqlalchemy import BigInteger, CheckConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Instant


class ChangeCounterRow(Base):
    """The one row that every change steps on; see migration 0006."""

    __tablename__ = "change_counter"
    __table_args__ = (CheckConstraint("single", name="has_one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    value: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[Instant]  #: whole seconds, no two changes the same
    key_changes: Mapped[int] = mapped_column(
        BigInteger, server_default=text("0")
    )  #: see migration 0015


class PendingChangeRow(Base):
    """A transaction that changed something and is about to commit; gone when it has."""

    __tablename__ = "pending_changes"

    transaction_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
