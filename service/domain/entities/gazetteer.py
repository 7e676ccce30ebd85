"""A gazetteer built from a window: what its texts themselves say a name stands for."""

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.entities import cues
from service.domain.entities.known_names import DEMONYMS, GIVEN_NAMES, ORGANISATIONS, PLACES
from service.domain.entities.mentions import Mention, mentions, tokens
from service.domain.text.sentences import split_sentences


class Kind(StrEnum):
    """What a name stands for; `else` gathers events, works, days: known, but not shown."""

    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    ELSE = "else"


Votes = Mapping[Kind, float]

#: A name needs so many votes for a kind,
_ENOUGH = 2.0
#: and so many times those for the next kind.
_MARGIN = 1.5
#: A word at a sentence's beginning is a name if it is written so elsewhere this often.
_MOSTLY = 0.7
#: Names of fewer articles are not kept from a window: a story's own articles tell as much.
_KEPT = 2
_LONGEST_ACRONYM = 6
_MOST_NAMES_OF_PERSON = 4


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Votes on what names stand for, and how words are written within sentences.

    `votes` by name; `capital` and `small` count how often a word, in small letters, stands with
    a capital and without one inside a sentence.
    """

    votes: Mapping[str, Votes]
    capital: Mapping[str, int]
    small: Mapping[str, int]

    @classmethod
    def from_articles(cls, articles: Iterable[Article], *, at_least: int = 1) -> Self:
        """What articles tell; names that fewer than `at_least` of them hold are left out."""
        votes: dict[str, Counter[Kind]] = defaultdict(Counter)
        capital: Counter[str] = Counter()
        small: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for article in articles:
            found = find_mentions_in_article(article)
            for mention in found:
                votes[mention.name].update(_votes(mention))
            seen.update({mention.name for mention in found})
            _count_writing(article, capital, small)
        kept = {name: votes[name] for name in sorted(votes) if seen[name] >= at_least}
        _add_last_names(kept)
        written = {word: small[word] for word in small if word in capital}
        return cls({name: dict(found) for name, found in kept.items()}, dict(capital), written)

    @classmethod
    def from_window(cls, articles: Iterable[Article]) -> Self:
        """The same of a whole window, without names that only one article holds."""
        return cls.from_articles(articles, at_least=_KEPT)

    def to_bytes(self) -> bytes:
        """Compact form for storage; `from_bytes` is its inverse."""
        parts = [dict(self.votes), dict(self.capital), dict(self.small)]
        return zlib.compress(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode())

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        votes, capital, small = json.loads(zlib.decompress(stored))
        kinds = {
            name: {Kind(kind): number for kind, number in found.items()}
            for name, found in votes.items()
        }
        return cls(kinds, capital, small)


@dataclass(frozen=True, slots=True)
class Gazetteers:
    """Several gazetteers asked as one, such as that of a window and that of a story."""

    parts: tuple[Gazetteer, ...]

    def kind(self, name: str) -> Kind | None:
        """What a name stands for, None where the texts do not tell clearly."""
        return _clear(_sum(part.votes.get(name, {}) for part in self.parts))

    def is_name(self, mention: Mention) -> bool:
        """Whether the capital of a mention means something; at a sentence's beginning it may not."""
        word = mention.words[0].lower()
        if not mention.opens:
            return len(mention.words) > 1 or word not in tokenization.STOP_WORDS
        capital = sum(part.capital.get(word, 0) for part in self.parts)
        small = sum(part.small.get(word, 0) for part in self.parts)
        if word in tokenization.STOP_WORDS or capital < _MOSTLY * (capital + small):
            return False
        return capital > 0 or len(mention.words) > 1


def find_mentions_in_article(article: Article) -> list[Mention]:
    """The mentions in an article's title and lead."""
    return [*mentions(article.title), *mentions(article.text[: tokenization.LEAD_CHARACTERS])]


def _count_writing(article: Article, capital: Counter[str], small: Counter[str]) -> None:
    for sentence in split_sentences(article.text[: tokenization.LEAD_CHARACTERS]):
        for token in tokens(sentence.text)[1:]:
            (capital if token.capital else small)[token.word.lower()] += 1


def _votes(mention: Mention) -> Counter[Kind]:
    found: Counter[Kind] = Counter()
    for kind, weight in (*_by_itself(mention), *_by_what_is_around(mention)):
        found[kind] += weight  # type: ignore[assignment]  # a counter adds up fractions as well
    return found


def _by_itself(mention: Mention) -> Iterator[tuple[Kind, float]]:
    """What the words of a name tell."""
    words, name = mention.words, mention.name
    if name in PLACES:
        yield Kind.PLACE, 6
    elif name in ORGANISATIONS:
        yield Kind.ORGANISATION, 6
    elif len(words) == 1 and name in DEMONYMS:
        yield Kind.ELSE, 9
    elif any(word in cues.ELSE for word in words):
        yield Kind.ELSE, 4
    elif _is_acronym(name):
        yield Kind.ORGANISATION, 2
    elif len(words) > 1:
        yield from _by_form(words)


def _by_form(words: tuple[str, ...]) -> Iterator[tuple[Kind, float]]:
    if words[-1] in cues.PLACING or (words[0] in cues.PLACED and words[-1] not in cues.ORGANISING):
        yield Kind.PLACE, 3
    elif words[-1].endswith("s") and " ".join(words[:-1]) in PLACES:
        yield Kind.ORGANISATION, 2.5  # a team: the Los Angeles Dodgers
    elif words[-1] in cues.ORGANISING or words[0] in cues.HEADS:
        yield Kind.ORGANISATION, 3
    elif any(word in cues.ORGANISING for word in words):
        yield Kind.ORGANISATION, 2
    elif words[0] in GIVEN_NAMES and len(words) <= _MOST_NAMES_OF_PERSON:
        yield Kind.PERSON, 3


def _by_what_is_around(mention: Mention) -> Iterator[tuple[Kind, float]]:
    """What the words before and behind a name tell."""
    before = mention.before[-1] if mention.before else ""
    behind = tokens(mention.after)
    after = behind[0].word if behind else ""
    person = len(mention.words) <= _MOST_NAMES_OF_PERSON
    if person and mention.role:
        yield Kind.PERSON, 3
    if person and before in cues.TRADES and len(mention.words) > 1:
        yield Kind.PERSON, 2
    if person and _is_age(mention.after):
        yield Kind.PERSON, 3
    if after in cues.SAID and not mention.possessive and len(mention.words) > 1:
        yield Kind.PERSON, 0.5
    if after == "who" or (mention.possessive and after in cues.KIN):
        yield Kind.PERSON, 1.5
    if after in cues.SPEAKS_FOR and not mention.possessive:
        yield Kind.ORGANISATION, 1
    if before in cues.LOCATIVE:
        yield Kind.PLACE, 1
    if before == "of" and mention.before[0] in cues.SETTLEMENTS:
        yield Kind.PLACE, 3
    if mention.after.startswith(", ") and after in PLACES:
        yield Kind.PLACE, 1.5


def _is_age(after: str) -> bool:
    return after[:2] in {", ", " ("} and after[2:4].isdigit() and after[4:5] in {",", ")", "."}


def _is_acronym(word: str) -> bool:
    """Whether a word is a short name in capitals; Roman numbers are none."""
    letters = word.replace(".", "").replace("&", "")
    short = 1 < len(letters) <= _LONGEST_ACRONYM
    return short and letters.isalpha() and letters.isupper() and not set(letters) <= set("IVX")


def _add_last_names(votes: dict[str, Counter[Kind]]) -> None:
    """Let every person speak for the last word of the name, by which later sentences call it."""
    people = [name for name in votes if " " in name and _clear(votes[name]) == Kind.PERSON]
    for name in people:
        votes.setdefault(name.rsplit(" ", 1)[1], Counter())[Kind.PERSON] += 2


def _clear(votes: Votes) -> Kind | None:
    """The kind with the most votes if they are enough and far more than those of the next."""
    ranked = sorted(((number, kind) for kind, number in votes.items()), reverse=True)
    if not ranked or ranked[0][0] < _ENOUGH:
        return None
    clear = len(ranked) == 1 or ranked[0][0] >= _MARGIN * ranked[1][0]
    return ranked[0][1] if clear else None


def _sum(found: Iterable[Votes]) -> Votes:
    total: dict[Kind, float] = defaultdict(float)
    for votes in found:
        for kind, number in votes.items():
            total[kind] += number
    return total
