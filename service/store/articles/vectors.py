"""Embedding vectors of articles per model, and nearest-neighbour search with HNSW indexes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import and_, cast, exists, literal_column, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.articles.model import Vectors
from service.store.database.arrays import equals_any, split
from service.store.database.locks import lock_until_commit
from service.store.tables import ArticleRow, ModelRow, VectorRow

#: Index entries that a search visits (hnsw.ef_search): a higher value finds more behind filters.
EF_SEARCH = 100


def find_model(session: Session, tag: str) -> int | None:
    """Return the id of a model, None if no article has a vector of it."""
    model_id: int | None = session.scalar(select(ModelRow.id).where(ModelRow.tag == tag))
    return model_id


def ensure_model(session: Session, tag: str, dimensions: int) -> int:
    """Return the id of a model; for a new model, create its row and the index of its vectors."""
    if existing := find_model(session, tag):
        return existing
    lock_until_commit(session, "models")
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


def covers_newest(session: Session, model: int) -> bool:
    """Return whether the newest placed article has a vector of this model.

    It has none after a change of model, also after a change back to an earlier one.
    """
    placed = ArticleRow.stage != "admitted"
    newest = select(ArticleRow.id).where(placed).order_by(ArticleRow.id.desc()).limit(1)
    key = session.scalar(newest)
    return key is None or session.get(VectorRow, (key, model)) is not None


def readmit_unencoded(session: Session, model: int, *, since: datetime) -> None:
    """Reset articles reported at `since` or later without a vector of this model to admitted.

    They stay in their stories.
    """
    mine = exists().where(VectorRow.article_id == ArticleRow.id, VectorRow.model_id == model)
    session.execute(
        update(ArticleRow)
        .where(ArticleRow.reported_at >= since, ArticleRow.stage != "admitted", ~mine)
        .values(stage="admitted")
        .execution_options(synchronize_session=False)
    )


def find_unencoded(session: Session, model: int, *, limit: int) -> dict[int, int]:
    """Return revision by id of admitted articles without a vector of their newest revision."""
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


def find_unplaced(session: Session, model: int, *, limit: int) -> dict[int, datetime]:
    """Return the report times of admitted articles with a current vector, by id, oldest first."""
    mine = and_(VectorRow.article_id == ArticleRow.id, VectorRow.model_id == model)
    statement = (
        select(ArticleRow.id, ArticleRow.reported_at)
        .join(VectorRow, mine)
        .where(ArticleRow.stage == "admitted", VectorRow.revision == ArticleRow.revision)
        .order_by(ArticleRow.reported_at, ArticleRow.id)
        .limit(limit)
    )
    return dict(session.execute(statement).all())


def load_text_hashes(session: Session, model: int, ids: Iterable[int]) -> dict[int, bytes | None]:
    """Return the hash of the text that each vector encodes, by article id."""
    statement = select(VectorRow.article_id, VectorRow.text_hash).where(
        VectorRow.model_id == model, equals_any(VectorRow.article_id, ids)
    )
    return dict(session.execute(statement).all())


def set_revisions(session: Session, model: int, revisions: Mapping[int, int]) -> None:
    """Declare vectors valid for these revisions, whose encoded text has not changed."""
    values = [
        {"article_id": key, "model_id": model, "revision": revisions[key]}
        for key in sorted(revisions)
    ]
    if values:
        session.execute(update(VectorRow), values)


def save(
    session: Session,
    model: int,
    revisions: Mapping[int, int],
    values: NDArray[np.float32],
    hashes: Mapping[int, bytes],
) -> None:
    """Store one vector per article of `revisions`, in its order, and replace former vectors.

    `values` has shape (articles, dimensions); `hashes` are of the encoded texts, by article id.
    """
    rows = [
        {
            "article_id": key,
            "model_id": model,
            "revision": number,
            "text_hash": hashes.get(key),
            "vector": HalfVector(value),
        }
        for (key, number), value in zip(revisions.items(), values, strict=True)
    ]
    if not rows:
        return
    statement = insert(VectorRow)
    updated = {name: statement.excluded[name] for name in ("revision", "text_hash", "vector")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["article_id", "model_id"], set_=updated),
        rows,
    )


def load(session: Session, model: int, tag: str, ids: Sequence[int]) -> Vectors:
    """Load unit-length vectors of distinct articles, shape (articles, dimensions), in order of ids.

    An article without a vector, because the model has changed, gets zeros. Until it is encoded
    again it matches others by words only.
    """
    dimensions = session.scalars(select(ModelRow.dimensions).where(ModelRow.id == model)).one()
    values = np.zeros((len(ids), dimensions), dtype=np.float32)
    row_of = {key: row for row, key in enumerate(ids)}
    for part in split(ids):
        statement = select(VectorRow.article_id, VectorRow.vector).where(
            VectorRow.model_id == model, equals_any(VectorRow.article_id, part)
        )
        for key, vector in session.execute(statement):
            values[row_of[key]] = vector
    return Vectors(tag, _normalise(values))


def find_nearest(
    session: Session,
    model: int,
    ids: Iterable[int],
    *,
    count: int,
    window: timedelta,
) -> set[int]:
    """Find the `count` nearest articles of each given one, reported within `window` of it."""
    dimensions = session.scalars(select(ModelRow.dimensions).where(ModelRow.id == model)).one()
    session.execute(text(f"SET LOCAL hnsw.ef_search = {EF_SEARCH:d}"))
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
        """  # noqa: S608  # integers only; the partial index requires literals
    )
    values = {"ids": list(ids), "count": count, "window": window}
    return set(session.scalars(statement, values))


def find_nearest_to_vector(
    session: Session,
    model: int,
    vector: NDArray[np.float32],
    at: datetime,
    *,
    count: int,
    window: timedelta,
) -> set[int]:
    """Find the `count` articles nearest to a vector, reported within `window` of `at`."""
    dimensions = session.scalars(select(ModelRow.dimensions).where(ModelRow.id == model)).one()
    session.execute(text(f"SET LOCAL hnsw.ef_search = {EF_SEARCH:d}"))
    session.execute(text("SET LOCAL hnsw.iterative_scan = 'relaxed_order'"))
    column = cast(VectorRow.vector, HALFVEC(dimensions))
    statement = (
        select(VectorRow.article_id)
        .join(ArticleRow, ArticleRow.id == VectorRow.article_id)
        .where(
            VectorRow.model_id == literal_column(f"{model:d}")
        )  # a literal, as in the partial index
        .where(ArticleRow.reported_at.between(at - window, at + window))
        .order_by(column.cosine_distance(cast(vector.tolist(), HALFVEC(dimensions))))
        .limit(count)
    )
    return set(session.scalars(statement))


def round_to_stored(encoded: Vectors) -> Vectors:
    """Round vectors to half precision, as `save` and `load` would."""
    return Vectors(encoded.model, _normalise(encoded.values.astype(np.float16).astype(np.float32)))


def _normalise(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1: half precision changes the lengths slightly."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    scaled = np.zeros_like(values)
    np.divide(values, lengths, out=scaled, where=lengths > 0)
    return scaled
