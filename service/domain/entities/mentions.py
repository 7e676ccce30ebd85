"""Mentions of names in text: runs of capitalised words, with their context."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.entities.cues import (
    AMBIGUOUS_ROLES,
    NAME_HEADS,
    ORGANISATION_WORDS,
    OTHER,
    PARTICLES,
    PLACE_SUFFIXES,
    ROLES,
)
from service.domain.entities.name_lists import DEMONYMS, GIVEN_NAMES, ORGANISATIONS, PLACES
from service.domain.text.sentences import split_sentences
from service.domain.text.title_case import is_in_title_case

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W\d_]\.(?=\s)|[^\W_]+(?:[’'\-&][^\W_]+)*")
# English possessives, and Turkish case endings.
_POSSESSIVE = re.compile(r"['’](?:s|n?[ıiuü]n|[dt][ae]n?|[yn][ıiuüae])?$")
_LONG_WORD = 4
#: Above this share of long words in capitals only, capitals do not mark names.
_UPPER_CASE_SHARE = 0.3
_MAX_NAME_WORDS = 7
#: Longer words are encoded data, which does not fit in the index of names.
_MAX_WORD_CHARACTERS = 100
#: Characters of context stored after a name.
_CONTEXT_CHARACTERS = 40
_POSSESSION = re.compile(r"['’]s?\b|['’]\s")
#: Words of a given name plus last name.
_FULL_NAME_WORDS = 2
#: These always start a new name.
NAME_STARTERS = frozenset({"US", "U.S.", "UK", "U.K.", "EU"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a sentence, without the titles before it.

    `before` contains the two preceding words in lower case, `after` the text that follows. `role`
    is true after a title such as "Minister"; `starts_sentence` is true at the start of the
    sentence, where every word is capitalised.
    """

    words: tuple[str, ...]
    before: tuple[str, ...]
    after: str
    role: bool
    starts_sentence: bool
    possessive: bool

    @property
    def name(self) -> str:
        """The words joined by spaces."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its position in a sentence."""

    word: str
    start: int
    end: int

    @property
    def capitalised(self) -> bool:
        """Whether the first letter is a capital."""
        return self.word[0].isupper()


def tokenize(sentence: str) -> list[Token]:
    """Return the words of a sentence without possessive endings."""
    tokens = []
    for match in _TOKEN.finditer(sentence):
        word = _POSSESSIVE.sub("", match.group())
        tokens.append(Token(word, match.start(), match.start() + len(word)))
    return [token for token in tokens if 0 < len(token.word) <= _MAX_WORD_CHARACTERS]


def find_mentions(text: str) -> Iterator[Mention]:
    """Yield the mentions of each sentence; skip sentences in title case or capitals."""
    for sentence in split_sentences(text):
        words = tokenize(sentence.text)
        if not _lacks_case(words):
            yield from _find_in_sentence(sentence.text, words)


def _lacks_case(words: Sequence[Token]) -> bool:
    """Whether capitals do not mark names: in title case, or with many words in capitals."""
    long = [token.word for token in words if len(token.word) >= _LONG_WORD]
    upper_case = sum(word.isupper() for word in long)
    return is_in_title_case([token.word for token in words]) or (
        len(words) > _LONG_WORD and upper_case > _UPPER_CASE_SHARE * len(long)
    )


def _find_in_sentence(sentence: str, words: Sequence[Token]) -> Iterator[Mention]:
    at = 0
    while at < len(words):
        end = _find_end(sentence, words, at) if words[at].capitalised else at
        if end > at:
            yield from _build_mention(sentence, words, at, end)
        at = max(end, at + 1)


def _find_end(sentence: str, words: Sequence[Token], start: int) -> int:
    """Return the index after the last word of the name that starts at `start`."""
    end = start + 1
    while end < len(words) and end - start < _MAX_NAME_WORDS:
        ahead = _count_next_words(sentence, words, start, end)
        if not ahead:
            break
        end += ahead
    return end


def _count_next_words(sentence: str, words: Sequence[Token], start: int, end: int) -> int:
    """Return how many words continue the name: the next one, or particles and the one after."""
    ahead = 0
    while _is_adjacent(sentence, words, end + ahead):
        word = words[end + ahead].word
        if words[end + ahead].capitalised:
            new_name = (
                word in NAME_STARTERS and f"{words[end - 1].word} {word}" not in ORGANISATIONS
            )
            return 0 if new_name else ahead + 1
        if word not in PARTICLES and (ahead or not _continues(words[start:end], word)):
            break
        ahead += 1
    return 0


def _continues(name: Sequence[Token], word: str) -> bool:
    """Whether a name continues after a lower-case word: Ministry of Health and Labour."""
    heads = {token.word for token in name[:-1]} & NAME_HEADS
    return (word in {"of", "for"} and name[-1].word in NAME_HEADS) or (
        word == "and" and bool(heads)
    )


def _is_adjacent(sentence: str, words: Sequence[Token], index: int) -> bool:
    """Whether only a space, an ampersand or the full stop of a title precedes the word."""
    if index >= len(words):
        return False
    between = sentence[words[index - 1].end : words[index].start]
    return between in {" ", " & "} or (between == ". " and words[index - 1].word in ROLES | {"St"})


def _build_mention(
    sentence: str, words: Sequence[Token], start: int, end: int
) -> Iterator[Mention]:
    """Yield the name in a run of words without its titles and nationalities, if any name remains.

    A name beside a slash is a photo credit and is skipped.
    """
    run = [token.word for token in words[start:end]]
    first = _count_roles(run)
    ahead, behind = sentence[: words[start].start], sentence[words[end - 1].end :]
    if first == len(run) or "/" in (ahead.rstrip()[-1:], behind.lstrip()[:1]):
        return
    yield Mention(
        words=tuple(run[first:]),
        before=tuple(token.word.lower() for token in words[max(start - 2, 0) : start]),
        after=behind[:_CONTEXT_CHARACTERS],
        role=first > 0 and run[first - 1] in ROLES - AMBIGUOUS_ROLES,
        starts_sentence=start == 0 and first == 0,
        possessive=bool(_POSSESSION.match(behind)),
    )


def _count_roles(run: Sequence[str]) -> int:
    """Return how many words precede the name: up to the last title, or before a person."""
    roles = max((at for at, word in enumerate(run, start=1) if word in ROLES), default=0)
    rest = run[roles:]
    if rest and rest[0] in ORGANISATION_WORDS:
        return 0  # the Justice Department, General Motors
    only_demonyms = all(word in DEMONYMS for word in rest)
    return roles + (len(rest) if only_demonyms else _count_before_full_name(rest))


def _count_before_full_name(run: Sequence[str]) -> int:
    """Return how many words, such as an office, precede a final given and last name."""
    if (
        len(run) <= _FULL_NAME_WORDS
        or run[0] in GIVEN_NAMES | OTHER
        or run[-1] in ORGANISATION_WORDS | PLACE_SUFFIXES
    ):
        return 0
    given = run[-_FULL_NAME_WORDS]
    return len(run) - _FULL_NAME_WORDS if given in GIVEN_NAMES and given not in PLACES else 0
