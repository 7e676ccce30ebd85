"""Function words of each language."""

from functools import cache

import stopwordsiso

from service.domain.locales.codes import primary_subtag
from service.domain.search.word_forms import normalize

#: ISO 639-1 code in the stop word lists, where it differs from the code of a language.
_LIST_CODES = {"nb": "no", "nn": "no", "fil": "tl"}
#: Words in the English list that matter in news; they do not count as function words.
_CONTENT_WORDS = frozenset(
    [
        "bill",
        "computer",
        "fire",
        "mill",
        "microsoft",
        "million",
        "billion",
        "research",
        "invention",
        "system",
        "member",
        "group",
        "state",
    ]
)


def is_function_word(word: str, language: str) -> bool:
    """Whether a word in lower case is a function word of a language, or of English.

    A word may lack the "s" at its end, because `tokenization.fold` removes English plurals.
    """
    words = _function_words(primary_subtag(language))
    return word in words or f"{word}s" in words or normalize(word) in words


@cache
def _function_words(language: str) -> frozenset[str]:
    """The list of a language (Stopwords ISO), together with the English list."""
    own = stopwordsiso.stopwords(_LIST_CODES.get(language, language)) if language else set()
    english = stopwordsiso.stopwords("en") - _CONTENT_WORDS
    return frozenset(form for word in own | english for form in (word, normalize(word)))
