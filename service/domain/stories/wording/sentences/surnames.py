"""Surnames of people whom a text before them has to introduce, such as "Karsia said"."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from service.domain.articles import tokenization
from service.domain.entities.name_lists import (
    DEMONYMS,
    GIVEN_NAMES,
    ORGANISATIONS,
    PLACES,
)
from service.domain.pairs.vocabulary import Vocabulary, word_key

#: Limited length, because the search starts again at each hyphen.
_CAPITALISED = r"[^\W\d_a-zß-ÿ][\w’'-]{0,40}[^\W\d_]"
#: A given name and a surname, with an initial or a particle between them.
_FULL_NAME = re.compile(
    rf"\b(?P<given>{_CAPITALISED}) (?:[A-Z]\. )?(?:(?:al|bin|da|de|del|der|di|van|von)[ -])?"
    rf"(?P<surname>{_CAPITALISED})"
)
#: A title before a name whose given name may be unknown: "Sen. Ilka Karsia".
_TITLED_NAME = re.compile(
    rf"\b(?:Sen|Rep|Gov|Dr|Mrs?|Ms|Sir|Lt|Col|Gen|Capt|Prof|Adm|Sgt|President|Senator|Minister|"
    rf"Judge|Justice|Mayor|Officer|Governor|Secretary|Professor|Chancellor|Congress(?:wo)?man)\.? "
    rf"{_CAPITALISED} (?P<surname>{_CAPITALISED})"
)
#: A single name after a verb of speech and before its own verb: "said Karsia was".
_SUBJECT = re.compile(
    rf"\b(?:said|says|that) (?P<name>{_CAPITALISED}) (?:was|is|had|has|would|will|did)\b"
)
#: A person at the start who says or does something, without an office, an age or an explanation.
_STRANGER = re.compile(
    rf"^\W*(?:(?:When|As|After|While|If|Before|Since) )?(?P<given>{_CAPITALISED}) "
    rf"(?:[A-Z]\. )?(?P<surname>{_CAPITALISED}) (?P<verb>[a-z]+)"
)
#: Verbs that explain the person themselves: "Anna Karsia was the captain of the ferry".
_EXPLAINING = frozenset(["is", "was", "were", "are", "became", "has", "had", "who", "and", "or"])
#: Verbs whose subject is a person, for given names that the list lacks.
_PERSONAL = frozenset(
    {
        "said", "says", "told", "testified", "claimed", "claims", "described", "details",
        "detailed", "recalled", "wrote", "encountered", "thought", "thinks", "believes", "insists",
        "insisted", "alleges", "alleged", "shared", "explained", "noticed", "heard", "watched",
    }
)  # fmt: skip
#: The age after a name shows that it is one of a person.
_AGE = re.compile(r", \d{1,2}[,.]")
#: A word with a capital before or after a surname: a title, a given name, or another name.
_CAPITAL_BEFORE = re.compile(r"[^\W\d_a-zß-ÿ][\w.’'-]*[ -]$")
_CAPITAL_AFTER = re.compile(r"[ -][^\W\d_a-zß-ÿ]")
#: Names that need no introduction.
_KNOWN = PLACES | ORGANISATIONS | DEMONYMS
_POSSESSIVE = re.compile(r"['’]s?$")
#: A name in a larger share of the articles of the window, and in more articles, is well known.
_MAX_WINDOW_SHARE, _MAX_ARTICLES = 0.02, 5
#: Maximum characters of a title, and names of a story, that are compared, which bounds the time.
_MAX_TITLE, _MAX_NAMES = 300, 100


def bare_surnames(titles: Sequence[str], texts: Iterable[str]) -> list[bool]:
    """Whether each title has a surname alone, without a given name or an office.

    A surname counts if at least half of the titles with it add a given name or an office. `texts`
    are those of the reports. Full names are found in titles and texts.
    """
    titles = [title[:_MAX_TITLE] for title in titles]
    in_titles = [{*_surnames(title)} for title in titles]
    names = {name for text in texts for name in _surnames(text)}.union(*in_titles) - _KNOWN
    bare: set[int] = set()
    for name in sorted(names)[:_MAX_NAMES]:
        named = {row for row, title in enumerate(titles) if _contains(name, title)}
        introduced = {
            row for row in named if name in in_titles[row] or _has_given_name(titles[row], name)
        }
        if 2 * len(introduced) >= len(named):
            bare |= {row for row in named - introduced if _is_bare(name, titles[row])}
    return [row in bare for row in range(len(titles))]


def _has_given_name(title: str, surname: str) -> bool:
    words = title[: title.find(surname)].split()
    return bool(words and words[-1] in GIVEN_NAMES)


class Surnames:
    """The surnames of the people in the reports of one event."""

    def __init__(self, reports: Iterable[str], vocabulary: Vocabulary) -> None:
        """`reports` are titles and leads; names that many articles of the window have need none."""
        names = {name for text in reports for name in _surnames(text)} - _KNOWN
        self._vocabulary = vocabulary
        self._most = max(_MAX_WINDOW_SHARE * vocabulary.articles, _MAX_ARTICLES)
        self._names = sorted(filter(self._is_rare_name, names))

    def lack_introduction(self, sentence: str, before: str) -> bool:
        """Whether a sentence has a bare surname that the text before it does not have."""
        names = [name for name in self._names if name in sentence]
        names += (
            match["name"]
            for match in _SUBJECT.finditer(sentence)
            if match["name"] not in _KNOWN and not match["name"].isupper()
            if self._is_rare_name(match["name"])
        )
        return any(_is_bare(name, sentence) and not _contains(name, before) for name in names)

    def names_stranger(self, sentence: str, before: str) -> bool:
        """Whether the subject of a sentence is a person that nothing introduces.

        The text before does not have the surname, few articles of the window do, and no office, age
        or explanation stands beside the name.
        """
        match = _STRANGER.match(sentence)
        if not match or match["verb"] in _EXPLAINING or {match["given"], match["surname"]} & _KNOWN:
            return False
        is_person = match["given"] in GIVEN_NAMES or match["verb"] in _PERSONAL
        surname = _POSSESSIVE.sub("", match["surname"])
        return is_person and self._is_rare_name(surname) and not _contains(surname, before)

    def _is_rare_name(self, name: str) -> bool:
        keys = np.array([word_key(next(tokenization.words(name), ""))], dtype=np.uint32)
        is_rare = self._vocabulary.document_frequencies(keys)[0] <= self._most
        return bool(is_rare and self._vocabulary.are_names(keys)[0])


def _surnames(text: str) -> Iterable[str]:
    """The surnames after known given names or titles, and those of names with an age."""
    for match in _FULL_NAME.finditer(text):
        if match["given"] in GIVEN_NAMES or _AGE.match(text, match.end()):
            yield _POSSESSIVE.sub("", match["surname"])
    for match in _TITLED_NAME.finditer(text):
        yield _POSSESSIVE.sub("", match["surname"])


def _is_bare(name: str, sentence: str) -> bool:
    """Whether a name first occurs without a title or a given name."""
    match = re.search(rf"(?<![\w-]){re.escape(name)}\b", sentence)
    return bool(
        match
        and not _CAPITAL_BEFORE.search(sentence[: match.start()])
        and not _CAPITAL_AFTER.match(sentence, match.end())
    )


def _contains(name: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None
