"""Removal of outlet names at the end of titles: "| The Coastal Times", "- NewsRadio 740".

Such a suffix does not describe the event. It makes two copies of one text look different, and
unrelated articles of one outlet look similar.
"""

import re
from functools import lru_cache

#: Minimum words of a title without its suffix, and maximum words of a suffix.
_MIN_TITLE_WORDS, _MAX_SUFFIX_WORDS = 4, 6
#: Some outlets append both section and name.
_MAX_SUFFIXES = 2
#: Lower-case words that may occur in a name.
_LOWER_CASE_NAME_WORDS = frozenset(
    {"and", "de", "del", "der", "di", "du", "e", "el", "en", "la", "of", "the", "y"}
)
#: Longer titles are left unchanged.
_MAX_CHARACTERS = 500
# A bar always starts a suffix. A dash starts one only before a name, because it may also
# separate clauses.
_BAR = re.compile(r"\s+\|\s*([^|]{2,45})$")
_DASH = re.compile(r"\s+[-–—]\s+([^|–—-]{2,40})$")


@lru_cache(1 << 14)  # digests read the same titles for each subscriber
def strip_title_suffix(title: str) -> str:
    """Return the title without the outlet name or section at its end."""
    title = title.strip()
    if len(title) > _MAX_CHARACTERS:
        return title
    for _ in range(_MAX_SUFFIXES):
        title = _strip_one(title)
    return title


def _strip_one(title: str) -> str:
    match = _BAR.search(title) or _DASH.search(title)
    if not match:
        return title
    suffix_words, stripped = match.group(1).split(), title[: match.start()]
    if len(suffix_words) > _MAX_SUFFIX_WORDS or len(stripped.split()) < _MIN_TITLE_WORDS:
        return title
    if match.re is _DASH and not all(_can_be_in_name(word) for word in suffix_words):
        return title
    return stripped


def _can_be_in_name(word: str) -> bool:
    """Whether a word may occur in a name: capitalised, a number, a domain, or a particle."""
    is_name_or_domain = word[0].isupper() or word[0].isdigit() or "." in word[:-1]
    return is_name_or_domain or word in _LOWER_CASE_NAME_WORDS or word == "&"
