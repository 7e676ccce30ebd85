"""Words of a text, and the forms by which a word of a query matches a word of a text.

The SQL functions of migration 0055 apply the same rules to the search index, with the stemmers of
Postgres. A test compares both on the same texts.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import snowballstemmer

from service.domain.search.chinese_letters import SIMPLIFIED, TRADITIONAL
from service.domain.search.endings import ENDINGS, strip_arabic_prefix, strip_ending

#: Characters between words: punctuation, symbols and white space. The zero-width non-joiner is one
#: of them, because Persian writes suffixes after it.
SEPARATORS = (
    "\x01-/:-@\\[-`{-\xa9\xab\xac\xae-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u02b9-\u02df\u037e\u0387"
    "\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f"
    "\u066a-\u066d\u06d4\u0964\u0965\u0970\u104a\u104b\u17d4-\u17da\u2000-\u200a\u200c\u200d"
    "\u2010-\u2029\u202f-\u205f\u2070\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004"
    "\u3007-\u3020\u3030\u303d-\u303f\u30a0\u30fb\ufd3e\ufd3f\ufe10-\ufe6f\uff01-\uff0f"
    "\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee\ufffc\ufffd\U0001f000-\U0001faff"
)
#: Scripts without spaces between words, and Korean, whose words end with particles. Each character
#: counts as one word, so that a phrase matches any substring.
UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1100-\u11ff\u1780-\u17d3\u3005\u3006"
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uff66-\uff9f\U00020000-\U0003134f"
)
#: Characters without a meaning for matching: Arabic and Hebrew vowel signs, tatweel, invisible
#: formatting.
IGNORED = (
    "\xad\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
)
#: Letters with one role but different spellings, and the spelling that stands for them.
LETTERS = "أإآٱىیکةۀہەёЁςİ", "ااااييكههههеЕσi"
#: A letter and the dot after it within an abbreviation such as U.S.
ABBREVIATION = "(?<![A-Za-z0-9])([A-Za-z])\\.(?=[A-Za-z](?![A-Za-z0-9]))"
#: Apostrophes, and hyphens between the parts of a word.
APOSTROPHES = "'`\u2018\u2019\u02b9\u02bb\u02bc\u02be\u02bf\uff07"
HYPHENS = "\\-\u2010\u2011\uff0d\ufe63"
#: The `s` of an English possessive, and an elided article or `que` before a word.
POSSESSIVE = f"(?<=[^{SEPARATORS}][{APOSTROPHES}])[sS](?![^{SEPARATORS}])"
ELISION = f"(?<![^{SEPARATORS}])(?:[lLdDcjmnst]|[qQ][uU])(?=[{APOSTROPHES}][^{SEPARATORS}])"
#: A hyphen or apostrophe within a word, after a letter: `cease-fire`, `COVID-19`, `Qur'an`.
JOINT = f"(?<=[^0-9{SEPARATORS}{UNSPACED}])[{HYPHENS}{APOSTROPHES}](?=[^{SEPARATORS}{UNSPACED}])"
#: The end of a sentence; a dot before a small letter or a digit is not one.
SENTENCE_END = "[!?\n\u2026\u3002\uff01\uff0e\uff1f]|\\.(?! ?[a-z0-9])"
#: Accents. The letters й, ў and ї keep theirs, because they are letters of their own.
ACCENTS = "[\u0300-\u0305\u0307\u0309-\u036f]|(?<![иИуУ])\u0306|(?<![іІ])\u0308"
#: Letters with a stroke, Arabic letters with two spellings, and the letters that replace them.
PLAIN = "łŁøØđĐðÐħĦŧŦıةؤئ", "lLoOdDdDhHtTiهوي"
#: Letters that two letters replace.
LIGATURES = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}
#: Snowball algorithms by ISO 639-1: those of Postgres.
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch_porter",
    "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
#: Languages with a stemmer, by the script of their texts; the most frequent one comes first.
_SCRIPTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile("[\u0400-\u052f]"), ("ru", "sr", "uk")),
    (re.compile("[\u0600-\u06ff]"), ("ar", "fa")),
    (re.compile("[\u0900-\u097f]"), ("hi", "ne")),
    (re.compile("[\u0370-\u03ff]"), ("el",)),
    (re.compile("[\u0530-\u058f]"), ("hy",)),
    (re.compile("[\u0590-\u05ff]"), ("yi",)),
    (re.compile("[\u0b80-\u0bff]"), ("ta",)),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LATIN_LANGUAGES = tuple(
    sorted(
        {*STEMMERS, *ENDINGS} - {each for _, languages in _SCRIPTS for each in languages} | {"sr"},
        key=lambda each: (each != "en", each),
    )
)
_WORD = re.compile(
    rf"(?:(?<![A-Za-z0-9])[A-Za-z]\.)(?:[A-Za-z]\.)*[A-Za-z](?![A-Za-z0-9])|[{UNSPACED}]"
    rf"|[^{SEPARATORS}{UNSPACED}]+"
)
_IGNORED = re.compile(f"[{IGNORED}]")
_LETTERS = str.maketrans(*LETTERS)
_ABBREVIATION = re.compile(ABBREVIATION)
_SKIPPED = re.compile(f"{POSSESSIVE}|{ELISION}")
_JOINT = re.compile(JOINT)
_SENTENCE_END = re.compile(SENTENCE_END)
_JOINTS = re.compile(f"[{HYPHENS}{APOSTROPHES}]")
_ACCENTS = re.compile(ACCENTS)
_PLAIN = str.maketrans(
    dict(zip(*PLAIN, strict=True)) | LIGATURES | dict(zip(TRADITIONAL, SIMPLIFIED, strict=True))
)
_DIGIT = re.compile("[0-9]")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  # the library's name


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: `text[start:end]`."""

    start: int
    end: int
    spelling: str


def split_words(text: str) -> Iterator[Word]:
    """Yield the words of a text in order.

    Parts of hyphenated words, and characters of a script without spaces, are separate words. An
    abbreviation such as `U.S.` is one word. The `s` of a possessive and elided words such as the
    French `l'` are left out.
    """
    skipped = {each.start() for each in _SKIPPED.finditer(text)} if _JOINTS.search(text) else ()
    for match in _WORD.finditer(text):
        if match.start() not in skipped:
            yield Word(match.start(), match.end(), match.group())


def join_compounds(text: str) -> Iterator[list[Word]]:
    """Yield the words of each sentence that has compounds, with each compound as one word."""
    if not _JOINT.search(text):
        return
    spoken = _SKIPPED.sub(lambda match: " " * len(match.group()), text)
    dots = {match.end() - 1 for match in _ABBREVIATION.finditer(spoken)}
    kept = [position for position in range(len(spoken)) if position not in dots]
    plain = "".join(spoken[position] for position in kept)
    start = 0
    for sentence in _SENTENCE_END.split(plain):
        joints = {match.start() for match in _JOINT.finditer(sentence)}
        if joints:
            rest = [each for each in range(len(sentence)) if each not in joints]
            joined = "".join(sentence[each] for each in rest)
            yield [
                Word(
                    kept[start + rest[word.start]],
                    kept[start + rest[word.end - 1]] + 1,
                    word.spelling,
                )
                for word in split_words(joined)
            ]
        start += len(sentence) + 1


def without_joints(text: str) -> str:
    """Return a text with its compounds joined: `cease-fire` becomes `ceasefire`."""
    return _JOINT.sub("", _SKIPPED.sub(" ", text))


def stem(spelling: str, language: str) -> str:
    """Return the stem of a word in a language (ISO 639-1) or, without one, the normal form."""
    if language in ENDINGS:
        return strip_ending(fold(spelling), language)
    return apply_stemmer(stemmer_input(spelling, language), language)


def apply_stemmer(part: str, language: str) -> str:
    """Return the stem of the result of `stemmer_input`; words with digits stay unchanged."""
    if language in {"hi", "ru"} and part.isascii():
        language = "en"  # as Postgres does
    algorithm = STEMMERS.get(language)
    if not algorithm or _DIGIT.search(part):
        return part
    return _STEMMERS.get(algorithm).stemWord(part)


def normalize(spelling: str) -> str:
    """Return a word in lower case without vowel signs, with one spelling of equal letters."""
    return _normalize(spelling).replace("ı", "i")


def fold(spelling: str) -> str:
    """Return a normalized word without accents, in simplified Chinese characters."""
    word = normalize(spelling)
    return word if word.isascii() else remove_accents(word)


def remove_accents(word: str) -> str:
    """Return a word in lower case without accents, in simplified Chinese characters."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)


def stemmer_input(spelling: str, language: str) -> str:
    """Return the word that the stemmer of a language takes, without prefixes that it ignores."""
    if language == "tr":
        return _normalize(spelling.replace("I", "ı"))
    if language == "ar":
        return strip_arabic_prefix(_normalize(spelling))
    if language == "fa":
        return strip_ending(_normalize(spelling), language)
    return normalize(spelling)


def languages_of_script(text: str) -> tuple[str, ...]:
    """Return the languages with a stemmer in whose scripts a text is written."""
    matching = [languages for script, languages in _SCRIPTS if script.search(text)]
    if _LATIN.search(text):
        matching.append(_LATIN_LANGUAGES)
    return tuple(dict.fromkeys(each for languages in matching for each in languages))


def _normalize(spelling: str) -> str:
    text = _ABBREVIATION.sub(r"\1", unicodedata.normalize("NFKC", spelling)).replace("İ", "i")
    return _IGNORED.sub("", text.lower().translate(_LETTERS))


class _Stemmers(threading.local):
    """The stemmers of one thread: a stemmer stores the word that it processes."""

    def __init__(self) -> None:
        self._loaded: dict[str, _Stemmer] = {}

    def get(self, algorithm: str) -> _Stemmer:
        """The stemmer of an algorithm; created on its first use."""
        if algorithm not in self._loaded:
            self._loaded[algorithm] = snowballstemmer.stemmer(algorithm)
        return self._loaded[algorithm]


_STEMMERS = _Stemmers()
