"""Change counter of public data, maintained by triggers (migrations 0006 and 0015)."""

from sqlalchemy import BigInteger, CheckConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, Timestamp


class ChangeCounterRow(Base):
    """The single row that every committed change increments; see migration 0006."""

    __tablename__ = "change_counter"
    __table_args__ = (CheckConstraint("single", name="has_one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, server_default=true())
    value: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[Timestamp]  #: whole seconds, unique per value
    key_changes: Mapped[int] = mapped_column(
        BigInteger, server_default=text("0")
    )  #: changes of API keys; see migration 0015


class PendingChangeRow(Base):
    """A transaction with changes that has not committed yet; deleted just before the commit."""

    __tablename__ = "pending_changes"

    transaction_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
