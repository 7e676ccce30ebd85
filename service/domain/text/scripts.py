"""Scripts: combining marks, and words of scripts without spaces."""

import re
import unicodedata
from collections.abc import Iterator

from icu4py.breakers import WordBreaker

#: No letter beyond has marks; Unicode puts symbols and rare ideographs there.
_FIRST_SYMBOL = 0x1F000


def _character_ranges(*categories: str) -> str:
    """Return the characters of Unicode categories as ranges of a regular expression."""
    ranges: list[list[int]] = []
    for code in range(_FIRST_SYMBOL):
        if unicodedata.category(chr(code)) in categories:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


#: Marks that belong to the letter before them, such as vowel signs, as ranges of a character class.
MARKS = _character_ranges("Mn", "Mc", "Me")
#: Thai, Lao, Burmese, Khmer, Han and kana; words of these scripts have no spaces between them.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_SPACELESS_SENTENCE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


def has_unspaced_script(text: str) -> bool:
    """Whether a text contains letters of a script without spaces between words."""
    return bool(_UNSPACED_LETTER.search(text))


def ends_without_mark(text: str) -> bool:
    """Whether a text is in a script, such as Thai, whose sentences end without a mark."""
    return len(_SPACELESS_SENTENCE.findall(text)) > len(text) / 3


def segment(word: str) -> Iterator[str]:
    """Split a run of letters into its words: by the dictionaries of ICU in scripts without spaces.

    A run in another script is one word.
    """
    at = 0
    for match in _UNSPACED_RUN.finditer(word):
        if before := word[at : match.start()]:
            yield before
        yield from WordBreaker(match.group(), "ja")
        at = match.end()
    if rest := word[at:]:
        yield rest
