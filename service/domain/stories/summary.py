"""A summary of a story in sentences of its articles: chosen, never written."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article, ArticleId, Floats, id_key
from service.domain.pairs.vocabulary import Lexicon, WordCounts
from service.domain.text.sentences import Sentence, sentences

#: Sentences in a summary where enough outlets report.
FEWEST, MOST = 2, 4
#: Sentences and characters at the beginning of an article that are looked at.
_LEADING, _CHARACTERS = 5, 2000
#: Words of a sentence that says enough, and not too much.
_SHORTEST, _LONGEST = 6, 48
#: What nearness to the story weighs against newness beside the sentences chosen before.
_CENTRAL = 0.6
#: Two sentences more alike than this (cosine) say the same.
_SAME = 0.65
#: A third and fourth sentence need this part of the first one's centrality.
_CLOSE = 0.45
#: Each sentence further down an article counts this much of the one before it.
_FURTHER_DOWN = 0.93

_FURNITURE = re.compile(
    r"^\W*(continue reading|read (more|on|the (full|rest))|click (here|to)|sign up|subscribe|"
    r"follow (us|live)|watch (live|the video|:)|the post\b.*\bappeared first|advertisement|"
    r"(image|photo|picture) (credit|by|courtesy)|credit:|this (article|story) (was|first)|"
    r"looking for another|scroll down|listen to|pictured\b|in this\b.{0,60}\b(photo|handout))|"
    r"\b(image|photo) credit\b|appeared first on\b|continue reading\W*$|read more\W*$|"
    r"\b(has|have) (more|the (latest|story|details))(\W*$| (on|about|from)\b)|\breports\.$|"
    r"\bjoins?\b.{0,60}\b(to discuss|with more|with the latest)\b",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"^\W*(he|she|it|they|his|her|their|its|this|that|these|those|but|and|so|yet|also|however|"
    r"meanwhile|instead|then|there|we|i|our|my|you|why it matters|"
    r"the (announcement|move|decision|incident|news|ruling|comments?|remarks?) "
    r"(comes?|came|follow(s|ed)|marks?|was|is))\b",
    re.IGNORECASE,
)
#: Two sentences with nothing to part them, or a picture's credit before one.
_RUN_ON = re.compile(r"[a-z]{2,} (?:An?|The|It|He|She|They) [a-z]|^\W*\w+ \w+ ?/ ?[A-Z]")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence as it stands in an article; `whole` unless its end is cut off there."""

    article: ArticleId
    outlet: str
    text: str
    whole: bool


def summary(
    articles: Sequence[Article],
    lexicon: Lexicon,
    copies: Collection[ArticleId] = (),
    lang: str = "",
) -> list[Quote]:
    """Two to four sentences, each from another outlet; fewer where fewer outlets have any.

    Each sentence stands word for word in the text of an article that is no copy. Those in the
    language `lang` (ISO 639-1) are taken while there are any. They are chosen by maximal marginal
    relevance (Carbonell and Goldstein 1998): near to the words of the whole story (centroid
    summaries, Radev et al. 2004), far from the sentences chosen before, leads first. A sentence
    that leans on the one before it helps out where fewer than two others are found, and one that
    is cut off only where nothing else is.
    """
    originals = sorted(
        (each for each in articles if each.id not in copies), key=lambda each: id_key(each.id)
    )
    spoken = [each for each in originals if _speaks(each, lang)]
    pool = list(_candidates(spoken)) or list(_candidates(originals))
    if not pool:
        return []
    scores = _Scores.of(originals, pool, lexicon)
    chosen: list[int] = []
    for tier in range(_CUT):
        fitting = [row for row, each in enumerate(pool) if each.tier == tier]
        _choose(pool, fitting, chosen, scores, MOST if tier == 0 else FEWEST)
    if not chosen:
        _choose(pool, list(range(len(pool))), chosen, scores, 1)
    return [pool[row].quote for row in chosen]


#: How well a sentence stands alone: 0 well, 1 it leans on another, then: it is cut off.
_CUT = 2


@dataclass(frozen=True, slots=True)
class _Candidate:
    quote: Quote
    tier: int
    depth: int


@dataclass(frozen=True, slots=True)
class _Scores:
    """Centrality of each candidate, its mean cosine with the other articles, and mutual cosines."""

    central: Floats
    alike: Floats

    @classmethod
    def of(
        cls, articles: Sequence[Article], pool: Sequence[_Candidate], lexicon: Lexicon
    ) -> "_Scores":
        documents = [tokenization.lead_words(each) for each in articles]
        quoted = [list(tokenization.words(each.quote.text)) for each in pool]
        told = [
            [word for word in each if word not in tokenization.STOP_WORDS]
            for each in documents + quoted
        ]
        rows = WordCounts.of(told).weighed(lexicon)
        story, said = rows[: len(articles)], rows[len(articles) :]
        row_of = {each.id: row for row, each in enumerate(articles)}
        own = story[[row_of[each.quote.article] for each in pool]]
        near = said @ np.asarray(story.sum(axis=0)).ravel()
        if len(articles) > 1:  # an article is no witness of its own sentences
            near = near - np.asarray(said.multiply(own).sum(axis=1)).ravel()
        depth = np.array([_FURTHER_DOWN**each.depth for each in pool])
        central = near * depth / max(len(articles) - 1, 1)
        return cls(np.round(central, 6), np.round((said @ said.T).toarray(), 6))


def _choose(
    pool: Sequence[_Candidate],
    fitting: Sequence[int],
    chosen: list[int],
    scores: _Scores,
    most: int,
) -> None:
    """Add to `chosen` the best of the fitting candidates, one after the other."""
    while len(chosen) < most:
        outlets = {pool[row].quote.outlet for row in chosen}
        left = [
            row
            for row in fitting
            if pool[row].quote.outlet not in outlets and _adds(row, chosen, scores)
        ]
        if not left:
            return
        chosen.append(max(left, key=lambda row: (_worth(row, chosen, scores), -row)))


def _adds(row: int, chosen: Sequence[int], scores: _Scores) -> bool:
    """Whether a sentence says something else than those before it, and still of this story."""
    if not chosen:
        return True
    close = len(chosen) < FEWEST or scores.central[row] >= _CLOSE * scores.central[chosen[0]]
    return bool(close and scores.alike[row, chosen].max() < _SAME)


def _worth(row: int, chosen: Sequence[int], scores: _Scores) -> float:
    said = float(scores.alike[row, chosen].max()) if chosen else 0.0
    return float(_CENTRAL * scores.central[row] - (1 - _CENTRAL) * said)


def _candidates(articles: Sequence[Article]) -> Iterator[_Candidate]:
    for article in articles:
        beginning = sentences(article.text[:_CHARACTERS])[:_LEADING]
        for depth, sentence in enumerate(beginning):
            if says_something(sentence):
                quote = Quote(article.id, article.outlet, sentence.text, sentence.whole)
                yield _Candidate(quote, _tier(sentence), depth)


def says_something(sentence: Sentence) -> bool:
    """Whether a sentence is long enough to tell news and no furniture such as `Read more`."""
    long_enough = len(list(tokenization.words(sentence.text))) >= _SHORTEST
    return long_enough and not _FURNITURE.search(sentence.text)


def _tier(sentence: Sentence) -> int:
    if not sentence.whole:
        return _CUT
    leans = _DANGLING.search(sentence.text) or _RUN_ON.search(sentence.text)
    rambles = len(list(tokenization.words(sentence.text))) > _LONGEST
    asks = sentence.text.rstrip("\"'”’»").endswith(("?", "؟"))
    return int(bool(leans) or rambles or asks)


def _speaks(article: Article, lang: str) -> bool:
    if not lang or not article.lang:
        return True
    return article.lang.lower()[:2] == lang.lower()[:2]
