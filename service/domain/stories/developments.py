"""Developments of a story: reports that add something new, selected by embedding similarity."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from service.domain.articles.model import Article, ArticleId, Vectors, id_key
from service.domain.stories.wording.headline import is_plain_report

#: Maximum number of developments per story.
MAX_DEVELOPMENTS = 8
#: A report with a higher cosine to an earlier development adds nothing new.
_MAX_SIMILARITY = 0.72


@dataclass(frozen=True, slots=True)
class Development:
    """A report that adds something new; `outlets` counts the outlets with a report up to `at`."""

    article: ArticleId
    outlet: str
    at: datetime
    title: str
    outlets: int


def find_developments(
    articles: Sequence[Article],
    vectors: Vectors,
    reported_at: Sequence[datetime],
    copies: Collection[ArticleId] = (),
) -> list[Development]:
    """The first plain report, and each later one that is unlike all developments before it.

    They are in time order. The first three parameters are parallel. Excluded are copies, other
    types than report, and titles that are not plain, such as those of live pages; without a plain
    report, the first article is the only development. Beyond `MAX_DEVELOPMENTS`, the reports most
    similar to earlier ones are left out.
    """
    order = sorted(
        range(len(articles)), key=lambda row: (reported_at[row], id_key(articles[row].id))
    )
    eligible = [row for row in order if is_plain_report(articles[row], copies)] or order[:1]
    selected = sorted(_select_novel(eligible, vectors), key=order.index)
    return [
        Development(
            article=articles[row].id,
            outlet=articles[row].outlet,
            at=reported_at[row],
            title=articles[row].title,
            outlets=len({articles[each].outlet for each in order[: order.index(row) + 1]}),
        )
        for row in selected
    ]


def _select_novel(rows: Sequence[int], vectors: Vectors) -> list[int]:
    """The first row and all rows dissimilar to the rows selected before; the most novel ones."""
    if not rows:
        return []
    cosines = np.round(vectors[rows].cosines(vectors[rows]), 6)
    similarity_at = {0: -1.0}
    for position in range(1, len(rows)):
        nearest = float(cosines[position, list(similarity_at)].max())
        if nearest < _MAX_SIMILARITY:
            similarity_at[position] = nearest
    best = sorted(similarity_at, key=lambda position: (similarity_at[position], position))
    return [rows[position] for position in best[:MAX_DEVELOPMENTS]]
