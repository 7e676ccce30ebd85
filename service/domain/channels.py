"""What is compared: each article as numbers, one channel a kind of evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from service.domain import text
from service.domain.articles import Article, Floats, Rows, Vectors, hours
from service.domain.background import background
from service.domain.lexicon import Lexicon, WordCounts


@dataclass(frozen=True, slots=True)
class Sights:
    """What is enough to look for candidates: vectors, TF-IDF rows of the leads, hours."""

    vectors: Vectors
    lead: csr_matrix
    hours: Floats


@dataclass(frozen=True, slots=True)
class Readings:
    """Articles cut into words, row by row: what can be known of them without a lexicon.

    `hours` counts from 1970 and is NaN without a trusted date.
    """

    vectors: Vectors
    title: WordCounts
    lead: WordCounts
    body: WordCounts
    hours: Floats

    def __len__(self) -> int:
        return len(self.hours)

    def __getitem__(self, rows: Rows) -> "Readings":
        """The readings of some rows, in the given order."""
        return Readings(
            self.vectors[rows],
            self.title[rows],
            self.lead[rows],
            self.body[rows],
            self.hours[rows],
        )

    @classmethod
    def of(cls, articles: Sequence[Article], vectors: Vectors) -> Self:
        """Cut articles into words."""
        return cls(
            vectors=vectors,
            title=WordCounts.of(text.title_words(article) for article in articles),
            lead=WordCounts.of(text.lead_words(article) for article in articles),
            body=WordCounts.of(text.body_words(article) for article in articles),
            hours=np.array([hours(article.published) for article in articles], dtype=np.float64),
        )

    def sights(self, rows: Rows, lexicon: Lexicon) -> Sights:
        """Enough of some rows to look for candidates."""
        return Sights(self.vectors[rows], self.lead[rows].weighed(lexicon), self.hours[rows])

    def lexicon(self) -> Lexicon:
        """What is usual among these articles: in how many a word stands, how alike strangers are."""
        return Lexicon.of(self.lead, background=background(self.vectors))


@dataclass(frozen=True, slots=True)
class Channels:
    """The articles of a window, row by row, weighed by what is usual in it.

    `title`, `lead` and `body` are TF-IDF rows of unit length; `background` is the lexicon's.
    """

    vectors: Vectors
    title: csr_matrix
    lead: csr_matrix
    body: csr_matrix
    hours: Floats
    background: float

    def __len__(self) -> int:
        return len(self.hours)

    def __getitem__(self, rows: Rows) -> "Channels":
        """The channels of some rows, in the given order."""
        return Channels(
            self.vectors[rows],
            self.title[rows],
            self.lead[rows],
            self.body[rows],
            self.hours[rows],
            self.background,
        )

    @classmethod
    def of(cls, readings: Readings, lexicon: Lexicon) -> Self:
        """Weigh the words of articles by a window's lexicon."""
        return cls(
            vectors=readings.vectors,
            title=readings.title.weighed(lexicon),
            lead=readings.lead.weighed(lexicon),
            body=readings.body.weighed(lexicon),
            hours=readings.hours,
            background=lexicon.background,
        )


def window_lexicon(articles: Sequence[Article], vectors: Vectors) -> Lexicon:
    """What is usual in a window of articles."""
    return Readings.of(articles, vectors).lexicon()
