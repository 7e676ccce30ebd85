"""Alembic's entry: runs migrations on the connection that `store.schema` hands over."""

from alembic import context
from sqlalchemy import Connection

from service.store.tables import Base

#: Made when a model is first used, one for each; not part of the migrations.
PER_MODEL_INDEX = "ix_vectors_hnsw_"


def managed(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Whether migrations own this object of the schema."""
    return not (kind == "index" and (name or "").startswith(PER_MODEL_INDEX))


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_object=managed,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
