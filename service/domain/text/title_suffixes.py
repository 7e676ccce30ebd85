"""What outlets put behind a headline to sign it: "| The Coastal Times", "- NewsRadio 740".

A signature tells nothing of the event, sets two reprints of one text apart, and makes strangers of
one outlet alike.
"""

import re

#: A headline without its signature has so many words at least, and a signature so many at most.
_HEADLINE_WORDS, _SIGNATURE_WORDS = 4, 6
#: Outlets that sign twice, with section and name.
_SIGNATURES = 2
#: Words of names that begin with a small letter.
_SMALL = frozenset({"and", "de", "del", "der", "di", "du", "e", "el", "en", "la", "of", "the", "y"})
#: A longer title is no headline.
_LONGEST = 500
#: Behind a bar anything is a signature; behind a dash, which also parts sentences, a name is.
_BAR = re.compile(r"\s+\|\s*([^|]{2,45})$")
_DASH = re.compile(r"\s+[-–—]\s+([^|–—-]{2,40})$")


def unsigned(title: str) -> str:
    """The headline without what its outlet signs it with."""
    title = title.strip()
    if len(title) > _LONGEST:
        return title
    for _ in range(_SIGNATURES):
        title = _shorter(title)
    return title


def _shorter(title: str) -> str:
    found = _BAR.search(title) or _DASH.search(title)
    if not found:
        return title
    words, headline = found.group(1).split(), title[: found.start()]
    if len(words) > _SIGNATURE_WORDS or len(headline.split()) < _HEADLINE_WORDS:
        return title
    if found.re is _DASH and not all(_names(word) for word in words):
        return title
    return headline


def _names(word: str) -> bool:
    """Whether a word can be of a name: a capital, a number, an address, or a small word between."""
    return (
        word[0].isupper() or word[0].isdigit() or "." in word[:-1] or word in _SMALL or word == "&"
    )
