"""Article features: centred vectors, TF-IDF rows, dates, languages and series of a window."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.capitals import capitalised_words, title_names, title_template
from service.domain.articles.demonyms import country_names
from service.domain.articles.model import Article, Flags, Floats, Rows, Vectors
from service.domain.articles.tokenization import ArticleTokens, words_of
from service.domain.locales.codes import primary_subtag
from service.domain.pairs.background import background_similarity
from service.domain.pairs.centering import CenteringMean, Languages
from service.domain.pairs.scoring.date_prior import WindowSizePrior
from service.domain.pairs.series import SeriesKeys, detect_series, series_keys
from service.domain.pairs.vocabulary import Vocabulary, WordCounter, WordCounts, word_key

#: The words of each matrix of word counts.
_WORDS: Mapping[str, Callable[[ArticleTokens], Iterable[str]]] = MappingProxyType(
    {
        "title": lambda tokens: words_of(tokens.title),
        "lead": lambda tokens: words_of(tokens.title, tokens.lead),
        "body": lambda tokens: words_of(tokens.title, tokens.body),
        "names": capitalised_words,
        "title_names": title_names,
        "template": title_template,
    }
)


@dataclass(frozen=True, slots=True)
class CandidateFeatures:
    """The features that candidate search needs, row by row; `lead` has TF-IDF rows."""

    vectors: Vectors
    lead: csr_matrix
    hours: Floats
    languages: Languages


@dataclass(frozen=True, slots=True)
class TokenisedArticles:
    """Articles as word counts, row by row, before a window vocabulary weights them.

    `hours` counts from 1970 and is NaN without a trusted date; it is the middle of the day for
    `day_only` rows. `languages` are primary tags.
    """

    vectors: Vectors
    title: WordCounts
    lead: WordCounts
    body: WordCounts
    names: WordCounts
    title_names: WordCounts
    template: WordCounts
    hours: Floats
    day_only: Flags
    languages: Languages
    series_keys: SeriesKeys
    outlets: Rows

    def __len__(self) -> int:
        return len(self.hours)

    def __getitem__(self, rows: Rows) -> "TokenisedArticles":
        """Select rows, in the given order."""
        return TokenisedArticles(
            self.vectors[rows],
            self.title[rows],
            self.lead[rows],
            self.body[rows],
            self.names[rows],
            self.title_names[rows],
            self.template[rows],
            self.hours[rows],
            self.day_only[rows],
            self.languages[rows],
            self.series_keys[rows],
            self.outlets[rows],
        )

    @classmethod
    def build(cls, articles: Sequence[Article], vectors: Vectors) -> Self:
        """Tokenise articles; `vectors` has one row per article."""
        counters = {name: WordCounter() for name in _WORDS}
        for article in articles:  # one at a time, to limit the memory
            tokens = ArticleTokens.build(article)
            for name, words in _WORDS.items():
                counters[name].add(words(tokens))
        hours = [article.hour for article in articles]
        languages = [primary_subtag(article.lang) for article in articles]
        return cls(
            vectors=vectors,
            **{name: counter.finish() for name, counter in counters.items()},
            hours=np.array(hours, dtype=np.float64),
            day_only=np.array([article.day_only for article in articles], dtype=np.bool_),
            languages=np.array(languages, dtype=np.str_),
            series_keys=series_keys(articles),
            outlets=number_outlets(articles),
        )

    def candidate_features(self, rows: Rows, vocabulary: Vocabulary) -> CandidateFeatures:
        """Compute the features of some rows that candidate search needs."""
        languages = self.languages[rows]
        return CandidateFeatures(
            vocabulary.centering_mean.subtract_from(self.vectors[rows], languages),
            self.lead[rows].tf_idf(vocabulary),
            self.hours[rows],
            languages,
        )

    def build_vocabulary(self) -> Vocabulary:
        """Compute the statistics of these articles as a window."""
        return Vocabulary.build(
            self.lead,
            self.names,
            background=background_similarity(self.vectors),
            centering_mean=CenteringMean.fit(self.vectors, self.languages),
            window_size_prior=WindowSizePrior.fit(self.hours),
        )


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a window's articles, row by row.

    `vectors` are centred by the window's means. `title`, `lead` and `body` are TF-IDF rows of unit
    length, and `template` those of the title without names. `wording` are TF-IDF weights of the
    title's words, without stop words and dates. `names` are the inverse document frequencies of the
    names of title and lead, `title_names` those of the title, and `title_countries` those of the
    countries in the title; all three have the same columns. `background`, `window_size_prior` and
    `prior_shift` are those of the vocabulary.
    """

    vectors: Vectors
    title: csr_matrix
    wording: csr_matrix
    template: csr_matrix
    lead: csr_matrix
    body: csr_matrix
    names: csr_matrix
    title_names: csr_matrix
    title_countries: csr_matrix
    hours: Floats
    day_only: Flags
    languages: Languages
    background: float
    window_size_prior: WindowSizePrior
    prior_shift: float
    series: SeriesKeys
    outlets: Rows

    def __len__(self) -> int:
        return len(self.hours)

    def __getitem__(self, rows: Rows) -> "Features":
        """Select rows, in the given order."""
        return Features(
            self.vectors[rows],
            self.title[rows],
            self.wording[rows],
            self.template[rows],
            self.lead[rows],
            self.body[rows],
            self.names[rows],
            self.title_names[rows],
            self.title_countries[rows],
            self.hours[rows],
            self.day_only[rows],
            self.languages[rows],
            self.background,
            self.window_size_prior,
            self.prior_shift,
            self.series[rows],
            self.outlets[rows],
        )

    def with_prior_shift(self, prior_shift: float) -> "Features":
        """Return the same features with another prior shift."""
        return replace(self, prior_shift=prior_shift)

    @classmethod
    def build(cls, tokenised: TokenisedArticles, vocabulary: Vocabulary) -> Self:
        """Weight tokenised articles by a window vocabulary."""
        names = tokenised.names.select(vocabulary.are_names(tokenised.names.keys))
        title_names = tokenised.title_names.select(vocabulary.are_names(tokenised.title_names.keys))
        countries = np.isin(title_names.keys, _country_keys())
        return cls(
            vectors=vocabulary.centering_mean.subtract_from(tokenised.vectors, tokenised.languages),
            title=tokenised.title.tf_idf(vocabulary),
            wording=tokenised.template.idf_weights(vocabulary),
            template=tokenised.template.without(title_names).tf_idf(vocabulary),
            lead=tokenised.lead.tf_idf(vocabulary),
            body=tokenised.body.tf_idf(vocabulary),
            hours=tokenised.hours,
            day_only=tokenised.day_only,
            languages=tokenised.languages,
            background=vocabulary.background,
            window_size_prior=vocabulary.window_size_prior,
            prior_shift=vocabulary.prior_shift,
            names=names.idf_rows(vocabulary),
            title_names=names.only(title_names).idf_rows(vocabulary),
            title_countries=names.only(title_names.select(countries)).idf_rows(vocabulary),
            series=detect_series(tokenised.series_keys, tokenised.hours),
            outlets=tokenised.outlets,
        )


@cache
def _country_keys() -> NDArray[np.uint32]:
    return np.array([word_key(name) for name in country_names()], dtype=np.uint32)


def window_vocabulary(articles: Sequence[Article], vectors: Vectors) -> Vocabulary:
    """Compute the vocabulary of a window of articles."""
    return TokenisedArticles.build(articles, vectors).build_vocabulary()


def number_outlets(articles: Sequence[Article]) -> Rows:
    """A number for the outlet of each article, −1 without an outlet."""
    numbers: dict[str, int] = {"": -1}
    outlets = [numbers.setdefault(article.outlet, len(numbers)) for article in articles]
    return np.array(outlets, dtype=np.int64)
