"""Extractive summary of a story: sentences quoted verbatim from its articles."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article, ArticleId, Floats, id_key
from service.domain.pairs.vocabulary import Vocabulary, WordCounts
from service.domain.text.sentences import Sentence, split_sentences

#: Sentences in a summary, provided enough outlets contribute.
MIN_SENTENCES, MAX_SENTENCES = 2, 4
#: Sentences and characters read from the beginning of an article.
_MAX_LEAD_SENTENCES, _MAX_LEAD_CHARACTERS = 5, 2000
#: Words in an informative sentence.
_MIN_WORDS, _MAX_WORDS = 6, 48
#: Weight of centrality against novelty in maximal marginal relevance.
_CENTRALITY_WEIGHT = 0.6
#: Two sentences with a higher cosine repeat each other.
_MAX_SIMILARITY = 0.65
#: Share of the first sentence's centrality that the third and fourth sentence need.
_MIN_RELATIVE_CENTRALITY = 0.45
#: Factor on centrality for each sentence further down an article.
_DEPTH_DISCOUNT = 0.93

_BOILERPLATE = re.compile(
    r"^\W*(continue reading|read (more|on|the (full|rest))|click (here|to)|sign up|subscribe|"
    r"follow (us|live)|watch (live|the video|:)|the post\b.*\bappeared first|advertisement|"
    r"(image|photo|picture) (credit|by|courtesy)|credit:|this (article|story) (was|first)|"
    r"looking for another|scroll down|listen to|pictured\b|in this\b.{0,60}\b(photo|handout))|"
    r"\b(image|photo) credit\b|appeared first on\b|continue reading\W*$|read more\W*$|"
    r"\b(has|have) (more|the (latest|story|details))(\W*$| (on|about|from)\b)|\breports\.$|"
    r"\bjoins?\b.{0,60}\b(to discuss|with more|with the latest)\b",
    re.IGNORECASE,
)
_CONTEXT_DEPENDENT = re.compile(
    r"^\W*(he|she|it|they|his|her|their|its|this|that|these|those|but|and|so|yet|also|however|"
    r"meanwhile|instead|then|there|we|i|our|my|you|why it matters|"
    r"the (announcement|move|decision|incident|news|ruling|comments?|remarks?) "
    r"(comes?|came|follow(s|ed)|marks?|was|is))\b",
    re.IGNORECASE,
)
#: Two sentences without a separator, or a picture credit before a sentence.
_RUN_ON = re.compile(r"[a-z]{2,} (?:An?|The|It|He|She|They) [a-z]|^\W*\w+ \w+ ?/ ?[A-Z]")


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim sentence of an article; `complete` is False if the source cuts it off."""

    article: ArticleId
    outlet: str
    text: str
    complete: bool


def summarise(
    articles: Sequence[Article],
    vocabulary: Vocabulary,
    copies: Collection[ArticleId] = (),
    lang: str = "",
) -> list[Quote]:
    """Two to four sentences, each from another outlet; fewer if fewer outlets contribute.

    Only reports are quoted, without reprints (`copies`), live pages, opinion and other types. The
    summary of a story without a report is therefore empty. Sentences in the language `lang` (ISO
    639-1) take precedence. Selection is maximal marginal relevance (Carbonell and Goldstein 1998):
    similar to the words of the whole story (centroid summarisation, Radev et al. 2004), dissimilar
    to the sentences selected before, leads first. Context-dependent sentences only fill up to
    `MIN_SENTENCES`. A truncated sentence is the last resort.
    """
    originals = sorted(
        (each for each in articles if each.type.is_quotable and each.id not in copies),
        key=lambda each: id_key(each.id),
    )
    in_language = [each for each in originals if _matches_language(each, lang)]
    pool = list(_candidates(in_language)) or list(_candidates(originals))
    if not pool:
        return []
    scores = _Scores.of(originals, pool, vocabulary)
    selected: list[int] = []
    for tier in range(_TRUNCATED):
        eligible = [row for row, each in enumerate(pool) if each.tier == tier]
        limit = MAX_SENTENCES if tier == 0 else MIN_SENTENCES
        _select(pool, eligible, selected, scores, limit)
    if not selected:
        _select(pool, list(range(len(pool))), selected, scores, 1)
    return [pool[row].quote for row in selected]


#: Tiers of a sentence: 0 stands alone, 1 depends on its context, 2 is truncated.
_TRUNCATED = 2


@dataclass(frozen=True, slots=True)
class _Candidate:
    quote: Quote
    tier: int
    depth: int


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of n candidates.

    `centrality` is the mean cosine with the other articles, discounted by depth, shape (n,);
    `similarity` holds mutual cosines, shape (n, n).
    """

    centrality: Floats
    similarity: Floats

    @classmethod
    def of(
        cls, articles: Sequence[Article], pool: Sequence[_Candidate], vocabulary: Vocabulary
    ) -> "_Scores":
        documents = [tokenization.lead_words(each) for each in articles]
        quoted = [list(tokenization.words(each.quote.text)) for each in pool]
        content_words = [
            [word for word in each if word not in tokenization.STOP_WORDS]
            for each in documents + quoted
        ]
        rows = WordCounts.count(content_words).tf_idf(vocabulary)
        leads, sentences = rows[: len(articles)], rows[len(articles) :]
        row_of = {each.id: row for row, each in enumerate(articles)}
        own_leads = leads[[row_of[each.quote.article] for each in pool]]
        total = sentences @ np.asarray(leads.sum(axis=0)).ravel()
        if len(articles) > 1:  # the cosine with the sentence's own article does not count
            total = total - np.asarray(sentences.multiply(own_leads).sum(axis=1)).ravel()
        discount = np.array([_DEPTH_DISCOUNT**each.depth for each in pool])
        centrality = total * discount / max(len(articles) - 1, 1)
        similarity = (sentences @ sentences.T).toarray()
        return cls(np.round(centrality, 6), np.round(similarity, 6))


def _select(
    pool: Sequence[_Candidate],
    eligible: Sequence[int],
    selected: list[int],
    scores: _Scores,
    limit: int,
) -> None:
    """Append the best eligible candidates to `selected`, one by one, up to `limit`."""
    while len(selected) < limit:
        outlets = {pool[row].quote.outlet for row in selected}
        remaining = [
            row
            for row in eligible
            if pool[row].quote.outlet not in outlets and _is_novel(row, selected, scores)
        ]
        if not remaining:
            return
        selected.append(max(remaining, key=lambda row: (_relevance(row, selected, scores), -row)))


def _is_novel(row: int, selected: Sequence[int], scores: _Scores) -> bool:
    """Whether a sentence differs from the selected ones and is central enough to the story."""
    if not selected:
        return True
    min_centrality = _MIN_RELATIVE_CENTRALITY * scores.centrality[selected[0]]
    is_central = len(selected) < MIN_SENTENCES or scores.centrality[row] >= min_centrality
    return bool(is_central and scores.similarity[row, selected].max() < _MAX_SIMILARITY)


def _relevance(row: int, selected: Sequence[int], scores: _Scores) -> float:
    """Maximal marginal relevance of a candidate."""
    redundancy = float(scores.similarity[row, selected].max()) if selected else 0.0
    return float(
        _CENTRALITY_WEIGHT * scores.centrality[row] - (1 - _CENTRALITY_WEIGHT) * redundancy
    )


def _candidates(articles: Sequence[Article]) -> Iterator[_Candidate]:
    """The informative sentences at the beginning of each article."""
    for article in articles:
        beginning = split_sentences(article.text[:_MAX_LEAD_CHARACTERS])[:_MAX_LEAD_SENTENCES]
        for depth, sentence in enumerate(beginning):
            if is_informative(sentence):
                quote = Quote(article.id, article.outlet, sentence.text, sentence.complete)
                yield _Candidate(quote, _tier(sentence), depth)


def is_informative(sentence: Sentence) -> bool:
    """Whether a sentence is long enough and not boilerplate such as `Read more`."""
    is_long = len(list(tokenization.words(sentence.text))) >= _MIN_WORDS
    return is_long and not _BOILERPLATE.search(sentence.text)


def _tier(sentence: Sentence) -> int:
    if not sentence.complete:
        return _TRUNCATED
    needs_context = _CONTEXT_DEPENDENT.search(sentence.text) or _RUN_ON.search(sentence.text)
    is_too_long = len(list(tokenization.words(sentence.text))) > _MAX_WORDS
    is_question = sentence.text.rstrip("\"'”’»").endswith(("?", "؟"))
    return int(bool(needs_context) or is_too_long or is_question)


def _matches_language(article: Article, lang: str) -> bool:
    """Whether an article is in a language; True if either language is unknown."""
    if not lang or not article.lang:
        return True
    return article.lang.lower()[:2] == lang.lower()[:2]
