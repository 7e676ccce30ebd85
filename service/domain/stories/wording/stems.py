"""Stems of words, for comparing the words of articles."""

from functools import lru_cache

from service.domain.locales.codes import primary_subtag
from service.domain.search import word_forms


@lru_cache(200_000)
def stem(word: str, language: str) -> str:
    """Return the stem of a word; English words are unchanged, because `tokenization` folds plurals.

    The document frequencies of a window are those of folded words.
    """
    language = primary_subtag(language)
    return word if language in {"", "en"} else word_forms.stem(word, language)
