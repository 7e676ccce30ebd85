"""Stems and content words, for comparing the words of articles."""

from collections.abc import Iterable
from functools import lru_cache

from service.domain.articles import tokenization
from service.domain.locales.codes import language_or_english, primary_subtag
from service.domain.search import word_forms
from service.domain.search.function_words import is_function_word
from service.domain.text.scripts import segment


@lru_cache(200_000)
def stem(word: str, language: str) -> str:
    """Return the stem of a word; English words are unchanged, because `tokenization` folds plurals.

    The document frequencies of a window are those of folded words.
    """
    language = primary_subtag(language)
    return word if language in {"", "en"} else word_forms.stem(word, language)


def content_words(text: str, language: str) -> list[str]:
    """Return the stems of the words of a text, in order, without function words."""
    words: Iterable[str] = (part for word in tokenization.words(text) for part in segment(word))
    return [
        stem(word, language)
        for word in words
        if word not in tokenization.STOP_WORDS and not is_function_word(word, language)
    ]


@lru_cache(2_000)  # the sentences of a story are compared with each other
def full_stems(text: str, language: str) -> frozenset[str]:
    """Return the stems of the words of a text without function words, of English words also."""
    language = language_or_english(language)
    return frozenset(word_forms.stem(word, language) for word in content_words(text, language))


def stems_without_stop_words(text: str, language: str) -> frozenset[str]:
    """Return the stems of the words of a text; only `tokenization.STOP_WORDS` are left out."""
    language = language_or_english(language)
    words = (part for word in tokenization.words(text) for part in segment(word))
    return frozenset(
        word_forms.stem(word, language) for word in words if word not in tokenization.STOP_WORDS
    )
