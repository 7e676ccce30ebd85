"""Where texts mention names: runs of capitalised words with what stands around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.entities.cues import (
    ELSE,
    HEADS,
    ORGANISING,
    PARTICLES,
    PLACING,
    ROLES,
    VAGUE_ROLES,
)
from service.domain.entities.known_names import DEMONYMS, GIVEN_NAMES, ORGANISATIONS, PLACES
from service.domain.text.sentences import split_sentences

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W\d_]\.(?=\s)|[^\W_]+(?:[’'\-&][^\W_]+)*")
#: English, and Turkish with its cases.
_POSSESSIVE = re.compile(r"['’](?:s|n?[ıiuü]n|[dt][ae]n?|[yn][ıiuüae])?$")
_LONG_WORD = 4
#: A text with more capitalised words than this is a headline in title case, which tells nothing.
_TITLE_CASE = 0.6
_LONGEST = 7
#: Characters kept of what stands behind a name.
_BEHIND = 40
_POSSESSION = re.compile(r"['’]s?\b|['’]\s")
#: A given and a last name.
_WHOLE_NAME = 2
#: A name begins anew with these.
STARTERS = frozenset({"US", "U.S.", "UK", "U.K.", "EU"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it stands in a sentence, without roles before it.

    `before` holds the two words before, in small letters; `after` the text behind. `role` says
    that a title stood before it, `opens` that it begins the sentence, where a capital says little.
    """

    words: tuple[str, ...]
    before: tuple[str, ...]
    after: str
    role: bool
    opens: bool
    possessive: bool

    @property
    def name(self) -> str:
        """The words as they are written."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its place in a sentence."""

    word: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.word[0].isupper()


def tokens(sentence: str) -> list[Token]:
    """The words of a sentence, a possessive ending left out."""
    found = []
    for match in _TOKEN.finditer(sentence):
        word = _POSSESSIVE.sub("", match.group())
        found.append(Token(word, match.start(), match.start() + len(word)))
    return [token for token in found if token.word]


def mentions(text: str) -> Iterator[Mention]:
    """All mentions in a text, sentence by sentence; none in title case or capitals."""
    for sentence in split_sentences(text):
        words = tokens(sentence.text)
        if not in_title_case(words):
            yield from _in_sentence(sentence.text, words)


def in_title_case(words: Sequence[Token]) -> bool:
    """Whether so many words have capitals that they mark no names."""
    long = [token for token in words if len(token.word) >= _LONG_WORD]
    capital = sum(token.capital for token in long)
    shouted = sum(token.word.isupper() for token in long)
    return len(words) > _LONG_WORD and max(capital, shouted * 2) > _TITLE_CASE * len(long)


def _in_sentence(sentence: str, words: Sequence[Token]) -> Iterator[Mention]:
    at = 0
    while at < len(words):
        end = _run(sentence, words, at) if words[at].capital else at
        if end > at:
            yield from _mention(sentence, words, at, end)
        at = max(end, at + 1)


def _run(sentence: str, words: Sequence[Token], start: int) -> int:
    """The place behind the last word of the name that begins at `start`."""
    end = start + 1
    while end < len(words) and end - start < _LONGEST:
        ahead = _bridge(sentence, words, start, end)
        if not ahead:
            break
        end += ahead
    return end


def _bridge(sentence: str, words: Sequence[Token], start: int, end: int) -> int:
    """How many more words belong to a name: the next one, or particles and the one behind them."""
    ahead = 0
    while _adjoins(sentence, words, end + ahead):
        word = words[end + ahead].word
        if words[end + ahead].capital:
            apart = word in STARTERS and f"{words[end - 1].word} {word}" not in ORGANISATIONS
            return 0 if apart else ahead + 1
        if word not in PARTICLES and (ahead or not _goes_on(words[start:end], word)):
            break
        ahead += 1
    return 0


def _goes_on(name: Sequence[Token], word: str) -> bool:
    """Whether a name goes on behind a small word: Ministry of Health, … of Health and Labour."""
    heads = {token.word for token in name[:-1]} & HEADS
    return (word in {"of", "for"} and name[-1].word in HEADS) or (word == "and" and bool(heads))


def _adjoins(sentence: str, words: Sequence[Token], place: int) -> bool:
    """Whether only a space parts a word from the one before it, or a title's full stop."""
    if place >= len(words):
        return False
    between = sentence[words[place - 1].end : words[place].start]
    return between in {" ", " & "} or (between == ". " and words[place - 1].word in ROLES | {"St"})


def _mention(sentence: str, words: Sequence[Token], start: int, end: int) -> Iterator[Mention]:
    """The name of a run without roles and nations before it; nothing if only those are there.

    Neither is there one between slashes, which credit a picture.
    """
    run = [token.word for token in words[start:end]]
    first = _behind_roles(run)
    ahead, behind = sentence[: words[start].start], sentence[words[end - 1].end :]
    if first == len(run) or "/" in (ahead.rstrip()[-1:], behind.lstrip()[:1]):
        return
    yield Mention(
        words=tuple(run[first:]),
        before=tuple(token.word.lower() for token in words[max(start - 2, 0) : start]),
        after=behind[:_BEHIND],
        role=first > 0 and run[first - 1] in ROLES - VAGUE_ROLES,
        opens=start == 0 and first == 0,
        possessive=bool(_POSSESSION.match(behind)),
    )


def _behind_roles(run: Sequence[str]) -> int:
    """How many words of a run stand before the name: up to its last role, or before a person."""
    last = max((place for place, word in enumerate(run) if word in ROLES), default=-1)
    if last + 1 < len(run) and run[last + 1] in ORGANISING:
        return 0  # the Justice Department, General Motors
    rest = run[last + 1 :]
    return (
        last + 1 + (len(rest) if all(word in DEMONYMS for word in rest) else _before_person(rest))
    )


def _before_person(run: Sequence[str]) -> int:
    """How many words stand before a given and a last name that end a run, as an office may."""
    if len(run) <= _WHOLE_NAME or run[0] in GIVEN_NAMES | ELSE or run[-1] in ORGANISING | PLACING:
        return 0
    given = run[-_WHOLE_NAME]
    return len(run) - _WHOLE_NAME if given in GIVEN_NAMES and given not in PLACES else 0
