"""Gazetteer: entity kinds of names, learned from the context of their mentions in a window."""

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
from service.domain.entities.mentions import Mention, find_mentions, tokenize
from service.domain.entities.name_lists import DEMONYMS, GIVEN_NAMES, ORGANISATIONS, PLACES
from service.domain.text.sentences import split_sentences


class Kind(StrEnum):
    """Entity kind of a name; `else` covers events, works and days, which are not shown."""

    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    OTHER = "else"


Votes = Mapping[Kind, float]

#: Minimum votes for the winning kind.
_MIN_VOTES = 2.0
#: Minimum ratio of its votes to those of the second kind.
_MARGIN = 1.5
#: A word at the start of a sentence is a name if this share of its other uses is capitalised.
_MIN_CAPITALISED_SHARE = 0.7
#: Minimum articles per name in a window; a story's own articles cover rarer names.
_MIN_WINDOW_ARTICLES = 2
_MAX_ACRONYM_LETTERS = 6
_MAX_PERSON_WORDS = 4


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Votes per name for each entity kind, and counts of capitalised and lower-case uses.

    `capitalised` and `lower_case` count how a word, in lower case, is written within sentences; the
    first word of each sentence is ignored.
    """

    votes: Mapping[str, Votes]
    capitalised: Mapping[str, int]
    lower_case: Mapping[str, int]

    @classmethod
    def from_articles(cls, articles: Iterable[Article], *, at_least: int = 1) -> Self:
        """Build a gazetteer of the names that occur in at least `at_least` articles."""
        votes: dict[str, Counter[Kind]] = defaultdict(Counter)
        capitalised: Counter[str] = Counter()
        lower_case: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for article in articles:
            mentions = find_mentions_in_article(article)
            for mention in mentions:
                votes[mention.name].update(_votes(mention))
            seen.update({mention.name for mention in mentions})
            for sentence in split_sentences(tokenization.lead(article)):
                for token in tokenize(sentence.text)[1:]:
                    (capitalised if token.capitalised else lower_case)[token.word.lower()] += 1
        frequent = {name: votes[name] for name in sorted(votes) if seen[name] >= at_least}
        _add_last_names(frequent)
        ambiguous = {word: lower_case[word] for word in lower_case if word in capitalised}
        return cls(
            {name: dict(counts) for name, counts in frequent.items()}, dict(capitalised), ambiguous
        )

    @classmethod
    def from_window(cls, articles: Iterable[Article]) -> Self:
        """Build the gazetteer of a window, without names that occur in only one article."""
        return cls.from_articles(articles, at_least=_MIN_WINDOW_ARTICLES)

    def to_bytes(self) -> bytes:
        """Serialize to compressed JSON; the inverse of `from_bytes`."""
        parts = [dict(self.votes), dict(self.capitalised), dict(self.lower_case)]
        return zlib.compress(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode())

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Deserialize the result of `to_bytes`."""
        votes, capitalised, lower_case = json.loads(zlib.decompress(stored))
        kinds = {
            name: {Kind(kind): number for kind, number in counts.items()}
            for name, counts in votes.items()
        }
        return cls(kinds, capitalised, lower_case)


@dataclass(frozen=True, slots=True)
class Gazetteers:
    """Several gazetteers combined, such as those of a window and of a story."""

    parts: tuple[Gazetteer, ...]

    def kind(self, name: str) -> Kind | None:
        """Return the entity kind of a name, or None if the votes are not clear."""
        return _winning_kind(_add_votes(part.votes.get(name, {}) for part in self.parts))

    def is_name(self, mention: Mention) -> bool:
        """Whether a mention is a name and not only the capitalised start of a sentence."""
        word = mention.words[0].lower()
        if not mention.starts_sentence:
            return len(mention.words) > 1 or word not in tokenization.STOP_WORDS
        capitalised = sum(part.capitalised.get(word, 0) for part in self.parts)
        lower_case = sum(part.lower_case.get(word, 0) for part in self.parts)
        if word in tokenization.STOP_WORDS or capitalised < _MIN_CAPITALISED_SHARE * (
            capitalised + lower_case
        ):
            return False
        return capitalised > 0 or len(mention.words) > 1


def find_mentions_in_article(article: Article) -> list[Mention]:
    """Return the mentions in an article's title and lead."""
    return [
        *find_mentions(article.title),
        *find_mentions(tokenization.lead(article)),
    ]


def _votes(mention: Mention) -> Counter[Kind]:
    votes: Counter[Kind] = Counter()
    for kind, weight in (*_votes_from_name(mention), *_votes_from_context(mention)):
        votes[kind] += weight  # type: ignore[assignment]  # Counter also sums fractions
    return votes


def _votes_from_name(mention: Mention) -> Iterator[tuple[Kind, float]]:
    """Yield votes based on the words of the name."""
    words, name = mention.words, mention.name
    if name in PLACES:
        yield Kind.PLACE, 6
    elif name in ORGANISATIONS:
        yield Kind.ORGANISATION, 6
    elif len(words) == 1 and name in DEMONYMS:
        yield Kind.OTHER, 9
    elif any(word in cues.OTHER for word in words):
        yield Kind.OTHER, 4
    elif _is_acronym(name):
        yield Kind.ORGANISATION, 2
    elif len(words) > 1:
        yield from _votes_from_word_forms(words)


def _votes_from_word_forms(words: tuple[str, ...]) -> Iterator[tuple[Kind, float]]:
    if words[-1] in cues.PLACE_SUFFIXES or (
        words[0] in cues.PLACE_PREFIXES and words[-1] not in cues.ORGANISATION_WORDS
    ):
        yield Kind.PLACE, 3
    elif words[-1].endswith("s") and " ".join(words[:-1]) in PLACES:
        yield Kind.ORGANISATION, 2.5  # a team: the Los Angeles Dodgers
    elif words[-1] in cues.ORGANISATION_WORDS or words[0] in cues.NAME_HEADS:
        yield Kind.ORGANISATION, 3
    elif any(word in cues.ORGANISATION_WORDS for word in words):
        yield Kind.ORGANISATION, 2
    elif words[0] in GIVEN_NAMES and len(words) <= _MAX_PERSON_WORDS:
        yield Kind.PERSON, 3


def _votes_from_context(mention: Mention) -> Iterator[tuple[Kind, float]]:
    """Yield votes based on the words before and after the name."""
    before = mention.before[-1] if mention.before else ""
    behind = tokenize(mention.after)
    after = behind[0].word if behind else ""
    person = len(mention.words) <= _MAX_PERSON_WORDS
    if person and mention.role:
        yield Kind.PERSON, 3
    if person and before in cues.OCCUPATIONS and len(mention.words) > 1:
        yield Kind.PERSON, 2
    if person and _is_age(mention.after):
        yield Kind.PERSON, 3
    if after in cues.SPEECH_VERBS and not mention.possessive and len(mention.words) > 1:
        yield Kind.PERSON, 0.5
    if after == "who" or (mention.possessive and after in cues.RELATIVES):
        yield Kind.PERSON, 1.5
    if after in cues.ORGANISATION_ROLES and not mention.possessive:
        yield Kind.ORGANISATION, 1
    if before in cues.LOCATIVE_PREPOSITIONS:
        yield Kind.PLACE, 1
    if before == "of" and mention.before[0] in cues.SETTLEMENTS:
        yield Kind.PLACE, 3
    if mention.after.startswith(", ") and after in PLACES:
        yield Kind.PLACE, 1.5


def _is_age(after: str) -> bool:
    return after[:2] in {", ", " ("} and after[2:4].isdigit() and after[4:5] in {",", ")", "."}


def _is_acronym(word: str) -> bool:
    """Whether a word is a short name in capitals, but not a Roman numeral."""
    letters = word.replace(".", "").replace("&", "")
    short = 1 < len(letters) <= _MAX_ACRONYM_LETTERS
    return short and letters.isalpha() and letters.isupper() and not set(letters) <= set("IVX")


def _add_last_names(votes: dict[str, Counter[Kind]]) -> None:
    """Add votes for the last names of persons, which later sentences use alone."""
    people = [name for name in votes if " " in name and _winning_kind(votes[name]) == Kind.PERSON]
    for name in people:
        votes.setdefault(name.rsplit(" ", 1)[1], Counter())[Kind.PERSON] += 2


def _winning_kind(votes: Votes) -> Kind | None:
    """Return the kind with the most votes, if it reaches the minimum and the margin."""
    ranked = sorted(((number, kind) for kind, number in votes.items()), reverse=True)
    if not ranked or ranked[0][0] < _MIN_VOTES:
        return None
    clear = len(ranked) == 1 or ranked[0][0] >= _MARGIN * ranked[1][0]
    return ranked[0][1] if clear else None


def _add_votes(parts: Iterable[Votes]) -> Votes:
    total: dict[Kind, float] = defaultdict(float)
    for votes in parts:
        for kind, number in votes.items():
            total[kind] += number
    return total
