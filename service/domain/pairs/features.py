"""What is compared: each article as numbers, one channel a kind of evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from service.domain.articles import tokenization
from service.domain.articles.model import Article, Floats, Rows, Vectors, hours
from service.domain.pairs import series
from service.domain.pairs.background import background
from service.domain.pairs.centering import Centre, Languages
from service.domain.pairs.date_prior import Crowd
from service.domain.pairs.vocabulary import Lexicon, WordCounts


@dataclass(frozen=True, slots=True)
class Sights:
    """What is enough to look for candidates: vectors, TF-IDF rows of the leads, hours, languages."""

    vectors: Vectors
    lead: csr_matrix
    hours: Floats
    languages: Languages


@dataclass(frozen=True, slots=True)
class Readings:
    """Articles cut into words, row by row: what can be known of them without a lexicon.

    `hours` counts from 1970 and is NaN without a trusted date; `languages` are primary tags.
    """

    vectors: Vectors
    title: WordCounts
    lead: WordCounts
    body: WordCounts
    hours: Floats
    languages: Languages
    names: series.Names

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
            self.languages[rows],
            self.names[rows],
        )

    @classmethod
    def of(cls, articles: Sequence[Article], vectors: Vectors) -> Self:
        """Cut articles into words."""
        return cls(
            vectors=vectors,
            title=WordCounts.of(tokenization.title_words(article) for article in articles),
            lead=WordCounts.of(tokenization.lead_words(article) for article in articles),
            body=WordCounts.of(tokenization.body_words(article) for article in articles),
            hours=np.array([hours(article.published) for article in articles], dtype=np.float64),
            languages=np.array([primary(article.lang) for article in articles], dtype=np.str_),
            names=series.names(articles),
        )

    def sights(self, rows: Rows, lexicon: Lexicon) -> Sights:
        """Enough of some rows to look for candidates."""
        tags = self.languages[rows]
        return Sights(
            lexicon.centre.taken_off(self.vectors[rows], tags),
            self.lead[rows].weighed(lexicon),
            self.hours[rows],
            tags,
        )

    def lexicon(self) -> Lexicon:
        """What is usual among these articles: in how many a word stands, how alike strangers are."""
        return Lexicon.of(
            self.lead,
            background=background(self.vectors),
            centre=Centre.of(self.vectors, self.languages),
            crowd=Crowd.of(self.hours),
        )


@dataclass(frozen=True, slots=True)
class Channels:
    """The articles of a window, row by row, weighed by what is usual in it.

    `vectors` are what is left of the articles' vectors without the window's centre; `title`,
    `lead` and `body` are TF-IDF rows of unit length; `background`, `crowd` and `shift` are the
    lexicon's.
    """

    vectors: Vectors
    title: csr_matrix
    lead: csr_matrix
    body: csr_matrix
    hours: Floats
    languages: Languages
    background: float
    crowd: Crowd
    shift: float
    series: series.Names

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
            self.languages[rows],
            self.background,
            self.crowd,
            self.shift,
            self.series[rows],
        )

    def shifted(self, shift: float) -> "Channels":
        """The same with something else to add to every pair's log odds."""
        return replace(self, shift=shift)

    @classmethod
    def of(cls, readings: Readings, lexicon: Lexicon) -> Self:
        """Weigh the words of articles by a window's lexicon."""
        return cls(
            vectors=lexicon.centre.taken_off(readings.vectors, readings.languages),
            title=readings.title.weighed(lexicon),
            lead=readings.lead.weighed(lexicon),
            body=readings.body.weighed(lexicon),
            hours=readings.hours,
            languages=readings.languages,
            background=lexicon.background,
            crowd=lexicon.crowd,
            shift=lexicon.shift,
            series=series.instalments(readings.names, readings.hours),
        )


def window_lexicon(articles: Sequence[Article], vectors: Vectors) -> Lexicon:
    """What is usual in a window of articles."""
    return Readings.of(articles, vectors).lexicon()


def primary(tag: str) -> str:
    """The language of a tag without region or script: "en" for "en-US"."""
    return tag.replace("_", "-").split("-")[0].lower()
