"""Articles as the grouping sees them, and the vectors that belong to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.errors import ModelMismatchError

ArticleId = int | str
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Article:
    """One report by one outlet.

    `published` holds trusted dates only; None says that nothing is known. `text` may be a
    summary of one sentence or the whole text. `agency` marks an outlet whose texts others reprint.
    """

    id: ArticleId
    title: str
    text: str = ""
    outlet: str = ""
    url: str = ""
    published: datetime | None = None
    lang: str = ""
    agency: bool = False


@dataclass(frozen=True, slots=True)
class Vectors:
    """Embeddings of one model, row by row beside their articles.

    `values` has shape (n, dimensions) and rows of unit length (or all zero for an empty text).
    """

    model: str
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Sequence[int] | Rows) -> "Vectors":
        """The vectors of the given rows, in that order."""
        return Vectors(self.model, self.values[np.asarray(rows, dtype=np.int64)])

    def cosines(self, other: Self) -> Floats:
        """Cosine of every row with every row of `other`, shape (n, m).

        Summed in double precision: in single, the last bits that a score is rounded to would
        depend on how many threads the sum is spread over.

        Raises:
            ModelMismatchError: the two come from different models.
        """
        require_same_model([self, other])
        return self.values.astype(np.float64) @ other.values.T.astype(np.float64)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All rows of the parts, one below the other; the parts must share their model."""
        require_same_model(parts)
        return cls(parts[0].model, np.concatenate([part.values for part in parts]))


def require_same_model(parts: Iterable[Vectors]) -> None:
    """Raise ModelMismatchError unless all vectors come from one model."""
    models = sorted({part.model for part in parts})
    if len(models) > 1:
        raise ModelMismatchError(models[0], models[1])


def canonical_order(articles: Sequence[Article]) -> Rows:
    """Rows sorted by id: the order in which every decision is made, whatever the input's."""
    order = sorted(range(len(articles)), key=lambda row: id_key(articles[row].id))
    return np.asarray(order, dtype=np.int64)


def id_key(article_id: ArticleId) -> tuple[bool, ArticleId]:
    """Sort key that puts numbers before words, so that ids of both kinds can be ordered."""
    return isinstance(article_id, str), article_id


def hours(published: datetime | None) -> float:
    """Hours since 1970 in UTC, NaN where there is no date; dates without zone count as UTC."""
    if published is None:
        return float("nan")
    aware = published if published.tzinfo else published.replace(tzinfo=UTC)
    return aware.timestamp() / SECONDS_PER_HOUR
