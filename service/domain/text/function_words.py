"""Function words of each language, and the stems of words."""

from functools import cache

import stopwordsiso
from Stemmer import Stemmer

from service.domain.text.scripts import normalise_arabic

#: ISO 639-1 code in the stop word lists, where it differs from the code of a language.
_LIST_CODES = {"nb": "no", "nn": "no", "fil": "tl"}
#: Nouns and verbs of the news that the English list contains.
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
#: Snowball algorithm by language. English words are not stemmed: `tokenization` folds plurals.
_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "es": "spanish",
    "et": "estonian",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
#: "and", which Arabic writes together with the next word. Shorter words may begin with the letter.
_ARABIC_AND, _MIN_LENGTH_WITH_AND = "و", 6


def primary_language(code: str) -> str:
    """Return the first part of a language code, in lower case."""
    return code.lower().replace("_", "-").partition("-")[0]


def is_function_word(word: str, language: str) -> bool:
    """Whether a word in lower case is a function word of a language, or of English.

    A word may lack the "s" at its end, because `tokenization.fold` removes English plurals.
    """
    words = _function_words(primary_language(language))
    return word in words or f"{word}s" in words or normalise_arabic(word) in words


@cache
def _function_words(language: str) -> frozenset[str]:
    """The list of a language (Stopwords ISO), together with the English list."""
    own = stopwordsiso.stopwords(_LIST_CODES.get(language, language)) if language else set()
    english = stopwordsiso.stopwords("en") - _CONTENT_WORDS
    return frozenset(form for word in own | english for form in (word, normalise_arabic(word)))


def stem(word: str, language: str) -> str:
    """Return the stem of a word in lower case; the word itself in a language without stemmer."""
    language = primary_language(language)
    word = normalise_arabic(word)
    is_long = len(word) >= _MIN_LENGTH_WITH_AND
    if language == "ar" and is_long and word.startswith(_ARABIC_AND):
        word = word[1:]
    stemmer = _stemmer(language)
    return str(stemmer.stemWord(word)) if stemmer else word


@cache
def _stemmer(language: str) -> Stemmer | None:
    return Stemmer(_ALGORITHMS[language]) if language in _ALGORITHMS else None
