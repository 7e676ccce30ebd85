"""Vectors of articles, each model's apart, and the search for near ones."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import and_, cast, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.model import Vectors
from service.store.database.locks import serialise
from service.store.tables import ArticleRow, ModelRow, VectorRow

#: How many index entries a search may look at; more finds more behind filters.
SEARCH_WIDTH = 100


def is_known(session: Session, tag: str) -> bool:
    """Whether this model made vectors before."""
    return session.scalar(select(ModelRow.id).where(ModelRow.tag == tag)) is not None


def model_id(session: Session, tag: str, dimensions: int) -> int:
    """The id of a model; a new one gets an index of its own over its vectors."""
    known: int | None = session.scalar(select(ModelRow.id).where(ModelRow.tag == tag))
    if known is not None:
        return known
    serialise(session, "models")
    statement = insert(ModelRow).values(tag=tag, dimensions=dimensions).on_conflict_do_nothing()
    created: int | None = session.scalar(statement.returning(ModelRow.id))
    if created is None:
        return session.scalars(select(ModelRow.id).where(ModelRow.tag == tag)).one()
    session.execute(
        text(
            f"CREATE INDEX ix_vectors_hnsw_{created:d} ON vectors USING hnsw "
            f"((vector::halfvec({dimensions:d})) halfvec_cosine_ops) WHERE model_id = {created:d}"
        )
    )
    return created


def unencoded(session: Session, model: int, *, limit: int) -> dict[int, int]:
    """Admitted articles without a vector of their newest revision: revision by id."""
    mine = and_(VectorRow.article_id == ArticleRow.id, VectorRow.model_id == model)
    statement = (
        select(ArticleRow.id, ArticleRow.revision)
        .outerjoin(VectorRow, mine)
        .where(ArticleRow.stage == "admitted")
        .where(or_(VectorRow.revision.is_(None), VectorRow.revision < ArticleRow.revision))
        .order_by(ArticleRow.id)
        .limit(limit)
    )
    return dict(session.execute(statement).all())


def awaiting_place(session: Session, model: int, *, limit: int) -> dict[int, datetime]:
    """Admitted articles with a vector of their newest revision, in order of their reports."""
    mine = and_(VectorRow.article_id == ArticleRow.id, VectorRow.model_id == model)
    statement = (
        select(ArticleRow.id, ArticleRow.reported_at)
        .join(VectorRow, mine)
        .where(ArticleRow.stage == "admitted", VectorRow.revision == ArticleRow.revision)
        .order_by(ArticleRow.reported_at, ArticleRow.id)
        .limit(limit)
    )
    return dict(session.execute(statement).all())


def save(
    session: Session, model: int, revisions: Mapping[int, int], values: NDArray[np.float32]
) -> None:
    """Write one vector for each article of `revisions`, in its order; newer replace older."""
    rows = [
        {"article_id": key, "model_id": model, "revision": number, "vector": HalfVector(value)}
        for (key, number), value in zip(revisions.items(), values, strict=True)
    ]
    if not rows:
        return
    statement = insert(VectorRow)
    renewed = {name: statement.excluded[name] for name in ("revision", "vector")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["article_id", "model_id"], set_=renewed),
        rows,
    )


def load(session: Session, model: int, tag: str, ids: Sequence[int]) -> Vectors:
    """Unit-length vectors of these articles, in their order.

    An article without one, because the model changed since, gets zeros: it meets others by its
    words alone until it is encoded anew.
    """
    statement = select(VectorRow.article_id, VectorRow.vector).where(
        VectorRow.model_id == model, VectorRow.article_id.in_(ids)
    )
    found = dict(session.execute(statement).all())
    dimensions = session.scalars(select(ModelRow.dimensions).where(ModelRow.id == model)).one()
    values = np.zeros((len(ids), dimensions), dtype=np.float32)
    for row, key in enumerate(ids):
        if key in found:
            values[row] = found[key]
    return Vectors(tag, _unit(values))


def nearest(
    session: Session,
    model: int,
    ids: Iterable[int],
    *,
    count: int,
    window: timedelta,
) -> set[int]:
    """The `count` articles nearest to each given one whose report lies within the window of it."""
    dimensions = session.scalars(select(ModelRow.dimensions).where(ModelRow.id == model)).one()
    session.execute(text(f"SET LOCAL hnsw.ef_search = {SEARCH_WIDTH:d}"))
    session.execute(text("SET LOCAL hnsw.iterative_scan = 'relaxed_order'"))
    statement = text(
        f"""
        SELECT DISTINCT near.article_id
        FROM vectors AS mine
        JOIN articles AS me ON me.id = mine.article_id
        CROSS JOIN LATERAL (
            SELECT other.article_id
            FROM vectors AS other
            JOIN articles AS them ON them.id = other.article_id
            WHERE other.model_id = {model:d}
              AND other.article_id <> mine.article_id
              AND them.reported_at BETWEEN me.reported_at - :window AND me.reported_at + :window
            ORDER BY other.vector::halfvec({dimensions:d})
                     <=> mine.vector::halfvec({dimensions:d})
            LIMIT :count
        ) AS near
        WHERE mine.model_id = {model:d} AND mine.article_id = ANY(:ids)
        """  # noqa: S608  # only integers are put in; the index needs them as literals
    )
    values = {"ids": list(ids), "count": count, "window": window}
    return set(session.scalars(statement, values))


def nearest_to(
    session: Session,
    model: int,
    vector: NDArray[np.float32],
    at: datetime,
    *,
    count: int,
    window: timedelta,
) -> set[int]:
    """The same for a vector that is not stored, of an article reported at a moment."""
    dimensions = session.scalars(select(ModelRow.dimensions).where(ModelRow.id == model)).one()
    session.execute(text(f"SET LOCAL hnsw.ef_search = {SEARCH_WIDTH:d}"))
    session.execute(text("SET LOCAL hnsw.iterative_scan = 'relaxed_order'"))
    column = cast(VectorRow.vector, HALFVEC(dimensions))
    statement = (
        select(VectorRow.article_id)
        .join(ArticleRow, ArticleRow.id == VectorRow.article_id)
        .where(VectorRow.model_id == literal_column(f"{model:d}"))  # as the index names it
        .where(ArticleRow.reported_at.between(at - window, at + window))
        .order_by(column.cosine_distance(cast(vector.tolist(), HALFVEC(dimensions))))
        .limit(count)
    )
    return set(session.scalars(statement))


def as_stored(made: Vectors) -> Vectors:
    """Vectors as `load` would give them once they were saved: rounded to half precision."""
    return Vectors(made.model, _unit(made.values.astype(np.float16).astype(np.float32)))


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half precision bends lengths a little; make them 1 again."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    scaled = np.zeros_like(values)
    np.divide(values, lengths, out=scaled, where=lengths > 0)
    return scaled
