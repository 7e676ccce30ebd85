"""Alembic environment: runs migrations on the connection of `store.database.schema`."""

from alembic import context
from sqlalchemy import Connection

from service.store.tables import Base

#: Indexes created at the first use of a model; not part of the migrations.
PER_MODEL_INDEX = "ix_vectors_hnsw_"


def is_managed(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Return whether migrations manage this schema object."""
    return not (kind == "index" and (name or "").startswith(PER_MODEL_INDEX))


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_object=is_managed,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
