"""Keywords of a story by class TF-IDF against the window's vocabulary."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.pairs.vocabulary import Vocabulary, word_key
from service.domain.search.function_words import is_function_word
from service.domain.stories.wording.stems import stem
from service.domain.text.scripts import has_unspaced_script, segment

#: Longer words are encoded data, which does not fit in the index of keywords.
_MIN_LENGTH, _MAX_LENGTH = 3, 100
_MIN_UNSPACED_LENGTH, _MIN_ABBREVIATION_LENGTH = 2, 2
#: Words in a larger share of the window's articles are too common for a keyword.
_MAX_DOCUMENT_SHARE = 0.1
#: Words in at most this many articles are never too common: shares of a small window vary a lot.
_MIN_COMMON_ARTICLES = 20


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of an article: its stem, folded form and spelling."""

    stem: str
    word: str
    spelling: str


def extract_keywords(
    articles: Sequence[Article],
    vocabulary: Vocabulary,
    count: int = 6,
    neighbours: Sequence[Article] = (),
) -> list[str]:
    """The `count` words with the highest class TF-IDF, best first, in their most common spelling.

    Class TF-IDF (Grootendorst 2022) treats the story as one document: number of its articles that
    contain the word, times inverse document frequency in the window. Forms of one stem count as one
    word. Function words are excluded. `neighbours` are the nearest articles of other stories. Each
    score is multiplied by the square root of the share of neighbours without the word, which
    demotes words common to a whole saga.
    """
    forms: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    frequency: Counter[str] = Counter()
    for article in articles:
        tokens = [each for each in _tokenise(article) if _may_be_keyword(each, article.lang)]
        frequency.update({each.stem for each in tokens})
        for each in tokens:
            forms[each.stem][each.word, each.spelling] += 1
    roots = sorted(root for root in frequency if frequency[root] > 1 or len(articles) == 1)
    common = {root: _most_common(forms[root]) for root in roots}
    rarity = _inverse_frequencies([common[root][0] for root in roots], vocabulary)
    elsewhere = Counter(
        root for article in neighbours for root in {each.stem for each in _tokenise(article)}
    )
    scores = {
        root: frequency[root]
        * rarity[common[root][0]]
        * (1 - elsewhere[root] / max(len(neighbours), 1)) ** 0.5
        for root in roots
    }
    ranked = sorted(roots, key=lambda root: (-scores[root], root))
    return [common[root][1] for root in ranked[:count] if rarity[common[root][0]] > 0]


def _most_common(forms: Counter[tuple[str, str]]) -> tuple[str, str]:
    """The most common form; of equally common ones the shortest, then the first."""
    return min(forms, key=lambda form: (-forms[form], len(form[0]), form))


def _tokenise(article: Article) -> list[_Token]:
    """The words of the title and lead; words of scripts without spaces are segmented."""
    text = f"{article.title}\n{tokenization.lead(article)}"
    spelled = tokenization.spellings(text)
    pairs = (
        (tokenization.fold(part.lower()), part) if has_unspaced_script(word) else (word, spelling)
        for word, spelling in spelled
        for part in (segment(spelling) if has_unspaced_script(word) else (spelling,))
    )
    return [_Token(stem(word, article.lang), word, spelling) for word, spelling in pairs]


def _may_be_keyword(token: _Token, language: str) -> bool:
    """Whether a word is long enough and not a function word; True for abbreviations such as AI."""
    shortest = _MIN_UNSPACED_LENGTH if has_unspaced_script(token.word) else _MIN_LENGTH
    if len(token.word) > _MAX_LENGTH:
        return False
    if token.spelling.isupper() and len(token.word) >= _MIN_ABBREVIATION_LENGTH:
        return True
    return (
        len(token.word) >= shortest
        and not token.word[0].isdigit()
        and token.word not in tokenization.STOP_WORDS
        and not is_function_word(token.word, language)
    )


def _inverse_frequencies(words: Sequence[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Inverse document frequency by word; 0 for words that are too common in the window."""
    keys = np.array([word_key(word) for word in words], dtype=np.uint32)
    max_articles = max(vocabulary.articles * _MAX_DOCUMENT_SHARE, _MIN_COMMON_ARTICLES)
    is_common = vocabulary.document_frequencies(keys) > max_articles
    weights = np.where(is_common, 0.0, vocabulary.idf(keys))
    return dict(zip(words, weights.tolist(), strict=True))
