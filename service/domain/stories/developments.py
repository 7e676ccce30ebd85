"""What a story brought one after the other: the reports that said something new."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from service.domain.articles.model import Article, ArticleId, Vectors, id_key
from service.domain.stories.headline import flaws

#: Developments shown of one story.
MOST = 8
#: A report nearer than this (cosine) to an earlier one says nothing new.
_KNOWN = 0.72


@dataclass(frozen=True, slots=True)
class Development:
    """A report that said something new, by its own title; `outlets` had reported by then."""

    article: ArticleId
    outlet: str
    at: datetime
    title: str
    outlets: int


def developments(
    articles: Sequence[Article],
    vectors: Vectors,
    reported_at: Sequence[datetime],
    copies: Collection[ArticleId] = (),
) -> list[Development]:
    """The first report and those after it that are unlike all before, at most `MOST`, in order.

    Rows of the three sequences belong together. Copies bring nothing new, nor do live blogs and
    other titles that stand for many things. Of too many the least new ones are left out.
    """
    order = sorted(
        range(len(articles)), key=lambda row: (reported_at[row], id_key(articles[row].id))
    )
    telling = [row for row in order if not flaws(articles[row], copies)] or order[:1]
    kept = sorted(_new(telling, vectors), key=order.index)
    return [
        Development(
            article=articles[row].id,
            outlet=articles[row].outlet,
            at=reported_at[row],
            title=articles[row].title,
            outlets=len({articles[each].outlet for each in order[: order.index(row) + 1]}),
        )
        for row in kept
    ]


def _new(rows: Sequence[int], vectors: Vectors) -> list[int]:
    """The first row, and those that are new beside the chosen ones before, the newest few."""
    if not rows:
        return []
    alike = np.round(vectors[rows].cosines(vectors[rows]), 6)
    chosen = {0: -1.0}
    for place in range(1, len(rows)):
        nearest = float(alike[place, list(chosen)].max())
        if nearest < _KNOWN:
            chosen[place] = nearest
    best = sorted(chosen, key=lambda place: (chosen[place], place))[:MOST]
    return [rows[place] for place in best]
