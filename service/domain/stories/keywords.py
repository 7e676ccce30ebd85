"""Words that set a story apart from the rest of its window."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.pairs.vocabulary import Lexicon, word_key

_SHORTEST = 3
#: Words in a larger share of the window's articles say nothing about one story.
_COMMON = 0.1
#: … unless so few hold them that the share means nothing.
_SMALL = 20


def keywords(
    articles: Sequence[Article],
    lexicon: Lexicon,
    count: int = 6,
    neighbours: Sequence[Article] = (),
) -> list[str]:
    """The words with the highest class TF-IDF, as they are mostly written, best first.

    Class TF-IDF (Grootendorst 2022) takes the story as one document: here the share of its
    articles that hold a word, times the word's rarity in the window. `neighbours` are the nearest
    articles of other stories; a word counts by the root of the share of them that lack it, so that
    what a whole saga has in common gives way to what sets this story apart.
    """
    written: dict[str, Counter[str]] = defaultdict(Counter)
    held: Counter[str] = Counter()
    for article in articles:
        found = _spellings(article)
        held.update({word for word, _ in found if _telling(word)})
        for word, spelling in found:
            written[word][spelling] += 1
    words = sorted(word for word in held if held[word] > 1 or len(articles) == 1)
    rarity = _rarity(words, lexicon)
    elsewhere = Counter(
        word for each in neighbours for word in {word for word, _ in _spellings(each)}
    )
    worth = {
        word: held[word] * rarity[word] * (1 - elsewhere[word] / max(len(neighbours), 1)) ** 0.5
        for word in words
    }
    ranked = sorted(words, key=lambda word: (-worth[word], word))
    return [_usual(written[word]) for word in ranked[:count] if rarity[word] > 0]


def _spellings(article: Article) -> list[tuple[str, str]]:
    return list(
        tokenization.spellings(f"{article.title}\n{article.text[: tokenization.LEAD_CHARACTERS]}")
    )


def _rarity(words: Sequence[str], lexicon: Lexicon) -> dict[str, float]:
    """Inverse document frequency, 0 for words of more than `_COMMON` of the window."""
    keys = np.array([word_key(word) for word in words], dtype=np.uint32)
    seen = lexicon.frequencies(keys)
    common = seen > max(lexicon.articles * _COMMON, _SMALL)
    weights = np.where(common, 0.0, lexicon.weights(keys))
    return dict(zip(words, weights.tolist(), strict=True))


def _telling(word: str) -> bool:
    return len(word) >= _SHORTEST and not word[0].isdigit() and word not in tokenization.STOP_WORDS


def _usual(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
