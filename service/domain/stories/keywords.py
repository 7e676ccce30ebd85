"""Keywords of a story by class TF-IDF against the window's vocabulary."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.pairs.vocabulary import Vocabulary, word_key

#: Longer words are encoded data, and do not fit in the index of keywords.
_LENGTHS = range(3, 101)
#: Words in a larger share of the window's articles are too common for a keyword.
_MAX_DOCUMENT_SHARE = 0.1
#: Words in at most this many articles are never too common: shares of a small window vary a lot.
_MIN_COMMON_ARTICLES = 20


def extract_keywords(
    articles: Sequence[Article],
    vocabulary: Vocabulary,
    count: int = 6,
    neighbours: Sequence[Article] = (),
) -> list[str]:
    """The `count` words with the highest class TF-IDF, best first, in their most common spelling.

    Class TF-IDF (Grootendorst 2022) treats the story as one document: number of its articles that
    contain the word, times inverse document frequency in the window. `neighbours` are the nearest
    articles of other stories. Each score is multiplied by the square root of the share of
    neighbours without the word, which demotes words common to a whole saga.
    """
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    frequency: Counter[str] = Counter()
    for article in articles:
        tokens = _tokenise(article)
        frequency.update(
            {
                word
                for word, _ in tokens
                if len(word) in _LENGTHS
                and not word[0].isdigit()
                and word not in tokenization.STOP_WORDS
            }
        )
        for word, spelling in tokens:
            spellings[word][spelling] += 1
    words = sorted(word for word in frequency if frequency[word] > 1 or len(articles) == 1)
    rarity = _inverse_frequencies(words, vocabulary)
    elsewhere = Counter(
        word for each in neighbours for word in {word for word, _ in _tokenise(each)}
    )
    scores = {
        word: frequency[word]
        * rarity[word]
        * (1 - elsewhere[word] / max(len(neighbours), 1)) ** 0.5
        for word in words
    }
    ranked = sorted(words, key=lambda word: (-scores[word], word))
    return [
        min(spellings[word], key=lambda each: (-spellings[word][each], each))
        for word in ranked[:count]
        if rarity[word] > 0
    ]


def _tokenise(article: Article) -> list[tuple[str, str]]:
    """Each word of the title and lead, folded and as written."""
    return list(
        tokenization.spellings(f"{article.title}\n{article.text[: tokenization.LEAD_CHARACTERS]}")
    )


def _inverse_frequencies(words: Sequence[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Inverse document frequency by word; 0 for words that are too common in the window."""
    keys = np.array([word_key(word) for word in words], dtype=np.uint32)
    max_articles = max(vocabulary.articles * _MAX_DOCUMENT_SHARE, _MIN_COMMON_ARTICLES)
    is_common = vocabulary.document_frequencies(keys) > max_articles
    weights = np.where(is_common, 0.0, vocabulary.idf(keys))
    return dict(zip(words, weights.tolist(), strict=True))
