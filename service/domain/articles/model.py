"""Articles and their embedding vectors, as used for grouping."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.article_types import ArticleType
from service.errors import ModelMismatchError

ArticleId = int | str
#: Last processing step of the latest revision of an article. admitted: it is stored, and waits for
#: its vector and the job place. placed: place has processed it. reconciled: reconcile has grouped
#: it. A revision, new page text or an editor's decision can set the stage back.
Stage = Literal["admitted", "placed", "reconciled"]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SECONDS_PER_HOUR = 3600.0
HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Article:
    """One report by one outlet.

    `published` is a trusted date, or None if unknown; with `day_only` it is the start of a day.
    `text` may be a one-sentence summary or the full text. `agency` marks an outlet whose texts
    others reprint.
    """

    id: ArticleId
    title: str
    text: str = ""
    outlet: str = ""
    url: str = ""
    published: datetime | None = None
    lang: str = ""
    agency: bool = False
    type: ArticleType = ArticleType.REPORT
    day_only: bool = False

    @property
    def hour(self) -> float:
        """Hours since 1970-01-01 UTC, NaN without a date; the middle of a day with `day_only`."""
        return hours_since_epoch(self.published) + (HOURS_PER_DAY / 2 if self.day_only else 0.0)


@dataclass(frozen=True, slots=True)
class Vectors:
    """Embeddings of one model, one row per article.

    `values` has shape (n, dimensions); rows have unit length, or are zero for an empty text.
    """

    model: str
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Sequence[int] | Rows) -> "Vectors":
        """Return the vectors of the given rows, in that order."""
        return Vectors(self.model, self.values[np.asarray(rows, dtype=np.int64)])

    def cosines(self, other: Self) -> Floats:
        """Return the cosine of every row with every row of `other`, shape (n, m).

        Computed in double precision: in single precision the last bits, and so the rounded
        scores, depend on the number of threads.

        Raises:
            ModelMismatchError: the vectors come from different models.
        """
        require_same_model([self, other])
        return self.values.astype(np.float64) @ other.values.T.astype(np.float64)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Stack the rows of all parts, which must come from one model."""
        require_same_model(parts)
        return cls(parts[0].model, np.concatenate([part.values for part in parts]))


def require_same_model(parts: Iterable[Vectors]) -> None:
    """Raise ModelMismatchError unless all vectors come from one model."""
    models = sorted({part.model for part in parts})
    if len(models) > 1:
        raise ModelMismatchError(models[0], models[1])


def canonical_order(articles: Sequence[Article]) -> Rows:
    """Return the rows sorted by id, so that results do not depend on the order of the input."""
    order = sorted(range(len(articles)), key=lambda row: id_key(articles[row].id))
    return np.asarray(order, dtype=np.int64)


def id_key(article_id: ArticleId) -> tuple[bool, ArticleId]:
    """Sort key for ids of both types: numbers before strings."""
    return isinstance(article_id, str), article_id


def hours_since_epoch(published: datetime | None) -> float:
    """Return hours since 1970-01-01 UTC, or NaN without a date; naive dates are UTC."""
    if published is None:
        return float("nan")
    aware = published if published.tzinfo else published.replace(tzinfo=UTC)
    return aware.timestamp() / SECONDS_PER_HOUR
