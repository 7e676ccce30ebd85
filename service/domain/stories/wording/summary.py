"""Extractive summary of a story: sentences quoted verbatim from its reports."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType

import numpy as np

from service.domain.articles.model import Article, ArticleId, Floats, id_key
from service.domain.locales.codes import primary_subtag
from service.domain.pairs.vocabulary import Vocabulary, WordCounts
from service.domain.stories.wording.figures import DatedText
from service.domain.stories.wording.sentences.definite_subjects import lacks_introduction
from service.domain.stories.wording.sentences.quotable import quotable_sentences
from service.domain.stories.wording.sentences.repetition import Encode, Repetition
from service.domain.stories.wording.sentences.shared_facts import SharedFacts
from service.domain.stories.wording.sentences.surnames import Surnames
from service.domain.stories.wording.sentences.topic import Topic, title_and_lead, title_words
from service.domain.stories.wording.sentences.weights import SentenceWeights
from service.domain.stories.wording.stems import content_words, full_stems
from service.domain.text.dates import NO_DATE

#: Maximum number of sentences in a summary.
MAX_SENTENCES = 3
#: Weight of centrality against novelty in maximal marginal relevance.
_CENTRALITY_WEIGHT = 0.6
#: Maximum share by which the facts that a sentence adds increase its centrality.
_GAIN_WEIGHT = 0.25
#: Two sentences with a higher cosine repeat each other.
_MAX_SIMILARITY = 0.5
#: Minimum centrality of the other sentences, as a share of that of the first.
_MIN_RELATIVE_CENTRALITY = 0.25
#: Weight of the cosine with the headline against those with leads and titles.
_HEADLINE_WEIGHT = 0.5
#: A sentence with fewer content words has less centrality: cosines prefer short sentences.
_FULL_LENGTH = 10
#: Minimum cosine of a sentence about the event with a title of the story.
_MIN_TITLE_COSINE = 0.08


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim sentence of an article, with the language and time of its report.

    `lang` is an ISO 639 code, or empty if the language is unknown.
    """

    article: ArticleId
    outlet: str
    text: str
    complete: bool = True  #: always True; descriptions of former versions have truncated quotes
    lang: str = ""
    at: datetime | None = None


def summarise(
    articles: Sequence[Article],
    vocabulary: Vocabulary,
    copies: Collection[ArticleId] = (),
    headline: Article | None = None,
    *,
    reported_at: Mapping[ArticleId, datetime] = MappingProxyType({}),
    encode: Encode | None = None,
    one_language: bool = False,
) -> list[Quote]:
    """Quote up to three sentences, each from a different outlet; none if no sentence is suitable.

    Only original reports are quoted: no copies, live pages, opinion or other types. A
    sentence must stand alone and be about the event of the story. Sentences in the language of the
    headline take precedence; with `one_language`, no others are quoted. A sentence with figures
    that a later report changed is not quoted.
    Sentences are selected by maximal marginal relevance (Carbonell and Goldstein 1998). They are
    similar to the headline and the words of the whole story (centroid summarisation, Radev et al.
    2004) and unlike the sentences selected before, in words and, with `encode`, in meaning. Leads
    take precedence. In the result the most central sentence comes first; the others follow in
    order of the reports.
    """
    originals = sorted(
        (each for each in articles if each.type.is_quotable and each.id not in copies),
        key=lambda each: id_key(each.id),
    )
    times = {each.id: reported_at.get(each.id) or each.published for each in originals}
    language = headline.lang if headline else ""
    in_language = [
        each
        for each in originals
        if _matches_language(each, language) and (each.lang or not one_language)
    ]
    title = headline.title if headline else ""
    pool = next(
        (
            candidates
            for some in ((in_language,) if one_language else (in_language, originals))
            if (candidates := _candidates(some, originals, times, title))
        ),
        [],
    )
    if not pool:
        return []
    scores = _Scores.of(originals, pool, vocabulary, headline)
    surnames = Surnames(map(title_and_lead, originals), vocabulary)
    repetition = Repetition(vocabulary, encode)
    quotes = [pool[row].quote for row in _select(pool, scores, title, surnames, repetition)]
    return [*quotes[:1], *sorted(quotes[1:], key=lambda quote: quote.at or NO_DATE)]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence, and the factor on its centrality."""

    quote: Quote
    weight: float


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of n candidates.

    `centrality`, shape (n,), is the mean cosine with the other articles and with all titles. It is
    reduced for depth and strong words, and 0 for a sentence unlike all titles. `similarity`, shape
    (n, n), has the mutual cosines. `words` are those of each candidate.
    """

    centrality: Floats
    similarity: Floats
    words: Sequence[Collection[str]]
    headline_words: Collection[str]
    facts: SharedFacts

    def gains(self, rows: Sequence[int], selected: Sequence[int]) -> dict[int, float]:
        """Values of the facts that candidates add to the headline and the selected ones, 0 to 1."""
        known = {*self.headline_words, *(word for row in selected for word in self.words[row])}
        gains = {
            row: self.facts.value(set(self.words[row]) - known)
            / math.sqrt(max(len(self.words[row]), _FULL_LENGTH))
            for row in rows
        }
        most = max(gains.values()) or 1.0
        return {row: gain / most for row, gain in gains.items()}

    @classmethod
    def of(
        cls,
        articles: Sequence[Article],
        pool: Sequence[_Candidate],
        vocabulary: Vocabulary,
        headline: Article | None,
    ) -> "_Scores":
        documents = [content_words(title_and_lead(each), each.lang) for each in articles]
        titles = [title_words(each) for each in articles]
        quoted = [content_words(each.quote.text, each.quote.lang) for each in pool]
        headline_words = title_words(headline) if headline else []
        rows = WordCounts.count([*documents, *titles, headline_words, *quoted]).tf_idf(vocabulary)
        leads, title_rows = rows[: len(articles)], rows[len(articles) : 2 * len(articles) + 1]
        sentences = rows[2 * len(articles) + 1 :]
        row_of = {each.id: row for row, each in enumerate(articles)}
        own_leads = leads[[row_of[each.quote.article] for each in pool]]
        total = sentences @ np.asarray(leads.sum(axis=0)).ravel()
        if len(articles) > 1:  # the cosine with the sentence's own article does not count
            total = total - np.asarray(sentences.multiply(own_leads).sum(axis=1)).ravel()
        lengths = np.array([len(set(words)) for words in quoted])
        weights = np.array([each.weight for each in pool])
        weights *= np.sqrt(np.minimum(lengths / _FULL_LENGTH, 1))
        on_titles = (sentences @ title_rows.T).toarray()
        mean = total / max(len(articles) - 1, 1) + on_titles[:, :-1].mean(axis=1)
        mean = (mean + _HEADLINE_WEIGHT * on_titles[:, -1]) / 2
        centrality = mean * weights * (on_titles.max(axis=1) >= _MIN_TITLE_COSINE)
        similarity = (sentences @ sentences.T).toarray()
        facts = SharedFacts(documents, vocabulary)
        return cls(np.round(centrality, 6), np.round(similarity, 6), quoted, headline_words, facts)


def _select(
    pool: Sequence[_Candidate],
    scores: _Scores,
    headline: str,
    surnames: Surnames,
    repetition: Repetition,
) -> list[int]:
    """Select the best candidates, each of another outlet; returns their rows.

    The first sentence is left out if it only restates the headline and another one adds a fact.
    """
    select = partial(
        _select_from,
        pool=pool,
        scores=scores,
        headline=headline,
        surnames=surnames,
        repetition=repetition,
    )
    rows = select(range(len(pool)))
    if not rows or _adds_fact(pool[rows[0]], headline, repetition):
        return rows
    enough = _MIN_RELATIVE_CENTRALITY * scores.centrality[rows[0]]
    adding = [
        row
        for row in range(len(pool))
        if scores.centrality[row] >= enough and _adds_fact(pool[row], headline, repetition)
    ]
    return select(adding) or rows


def _adds_fact(candidate: _Candidate, headline: str, repetition: Repetition) -> bool:
    return repetition.adds_fact(candidate.quote.text, headline, candidate.quote.lang)


def _select_from(
    rows: Iterable[int],
    pool: Sequence[_Candidate],
    scores: _Scores,
    *,
    headline: str,
    surnames: Surnames,
    repetition: Repetition,
) -> list[int]:
    """Select the best of some rows, one by one, each of another outlet."""
    selected: list[int] = []
    remaining = list(rows)
    while len(selected) < MAX_SENTENCES:
        outlets = {pool[row].quote.outlet for row in selected}
        remaining = [
            row
            for row in remaining
            if pool[row].quote.outlet not in outlets and _is_novel(row, selected, scores)
        ]
        if not remaining:
            break
        gains = scores.gains(remaining, selected)
        best = max(remaining, key=lambda row: (_relevance(row, selected, scores, gains[row]), -row))
        remaining.remove(best)
        quote = pool[best].quote
        quoted = [pool[row].quote.text for row in selected]
        before = "\n".join((headline, *quoted[:1]))
        if (
            lacks_introduction(quote.text, quote.lang, full_stems(before, quote.lang))
            or surnames.lack_introduction(quote.text, before)
            or surnames.names_stranger(quote.text, before)
        ):
            continue
        if not quoted or repetition.adds(quote.text, headline, quoted, quote.lang):
            selected.append(best)
    return selected


def _is_novel(row: int, selected: Sequence[int], scores: _Scores) -> bool:
    """Whether a sentence differs from the selected ones and is central enough to the story."""
    if not selected:
        return bool(scores.centrality[row] > 0)
    min_centrality = _MIN_RELATIVE_CENTRALITY * scores.centrality[selected[0]]
    is_central = scores.centrality[row] >= min_centrality
    return bool(is_central and scores.similarity[row, selected].max() < _MAX_SIMILARITY)


def _relevance(row: int, selected: Sequence[int], scores: _Scores, gain: float) -> float:
    """Maximal marginal relevance of a candidate; facts that the reader lacks increase it."""
    redundancy = float(scores.similarity[row, selected].max()) if selected else 0.0
    centrality = float(scores.centrality[row]) * (1 + _GAIN_WEIGHT * gain)
    return round(_CENTRALITY_WEIGHT * centrality - (1 - _CENTRALITY_WEIGHT) * redundancy, 6)


def _candidates(
    articles: Sequence[Article],
    story: Sequence[Article],
    times: Mapping[ArticleId, datetime | None],
    headline: str,
) -> list[_Candidate]:
    """The quotable sentences of some articles of a story that are about its event."""
    at = {key: time or NO_DATE for key, time in times.items()}
    weights = SentenceWeights(
        [DatedText(title_and_lead(each), at[each.id]) for each in story],
        [DatedText(each.title, at[each.id]) for each in story],
        headline,
    )
    topic = Topic(story)
    return [
        _Candidate(
            Quote(key, article.outlet, sentence.text, True, article.lang, times[key]), weight
        )
        for article in articles
        for key in (article.id,)
        for sentence in quotable_sentences(article.text, article.lang)
        if topic.is_shared(sentence.text, article)
        if (weight := weights.weigh(DatedText(sentence.text, at[key]), sentence.depth))
    ]


def _matches_language(article: Article, lang: str) -> bool:
    """Whether an article is in a language; True if either language is unknown."""
    if not lang or not article.lang:
        return True
    return primary_subtag(article.lang) == primary_subtag(lang)
