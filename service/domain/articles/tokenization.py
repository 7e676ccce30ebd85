"""Tokenisation of articles: words, stop words, and the text limits for each use."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from service.domain.articles.model import Article
from service.domain.search.word_forms import normalize
from service.domain.text.scripts import MARKS
from service.domain.text.title_suffixes import strip_title_suffix

#: Maximum characters used of a title.
TITLE_CHARACTERS = 500
#: Maximum characters of the text used as its lead.
LEAD_CHARACTERS = 700
#: Maximum characters of the text used as its body; more adds cost, not accuracy.
BODY_CHARACTERS = 3000

#: English words that are never keywords, even if they are rare in a small window.
_STOP_WORDS = """
about above after again against all also although amid among and another any are around
been before being below between both but can could did does doing down during each few for
from further get got had has have having her here hers him his how into its itself just
like made make many may more most much must new not now off one only onto other our out
over own per said same say saying says she should since some still such than that the
their them then there these they this those though through too two under until upon very
via was way were what when where whether which while who whom whose why will with within
without would year yet you your day week month today yesterday tomorrow monday tuesday
wednesday thursday friday saturday sunday first last three four five
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

#: Letters and digits with their marks, such as the vowel signs of Arabic and Hindi.
_LETTERS = f"[^\\W_]+(?:[{MARKS}]+[^\\W_]*)*"
#: Persian writes the parts of a word with a zero-width non-joiner between them.
_WORD = re.compile(f"{_LETTERS}(?:['’.,\\-\u200c]{_LETTERS})*")
#: Numbers and English month and weekday names, which vary between the articles of a regular series.
_DATED = re.compile(
    r"\W*\d[\d\W]*(?:st|nd|rd|th)?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_ARABIC = re.compile("[\u0600-\u06ff]")
_POSSESSIVE = re.compile(r"['’]s?$")
_PLURAL = re.compile(r"(?<=[a-z]{3}[^su])s$")


#: A word as (normalized, original).
Spelling = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ArticleTokens:
    """The words of the title without its suffix, of the lead, and of the body.

    Lead and body are the beginning of the text; they do not contain the title.
    """

    title: Sequence[Spelling]
    lead: Sequence[Spelling]
    body: Sequence[Spelling]

    @classmethod
    def build(cls, article: Article) -> Self:
        """Tokenise an article; each part of the text once."""
        title, text = list(spellings(compared_title(article))), article.text
        if len(text) <= LEAD_CHARACTERS:
            lead = list(spellings(text))
            return cls(title, lead, lead)
        # A cut at a space splits no word, and Unicode normalization does not combine a space.
        cut = max(text.rfind(" ", 0, LEAD_CHARACTERS), 0)
        common = list(spellings(text[:cut]))
        return cls(
            title,
            common + list(spellings(text[cut:LEAD_CHARACTERS])),
            common + list(spellings(text[cut:BODY_CHARACTERS])),
        )


def words_of(*parts: Sequence[Spelling]) -> list[str]:
    """Return the normalized words of some parts of an article."""
    return [word for part in parts for word, _ in part]


def encoded_text(article: Article) -> str:
    """Return the input of the embedding model: title and lead."""
    return _title_and_text(article, LEAD_CHARACTERS).strip()


def encoding_hash(article: Article) -> bytes:
    """Return a 16-byte hash of all inputs of the vector of an article."""
    text = f"{article.lang}\n{encoded_text(article)}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def has_encodable_text(article: Article) -> bool:
    """Whether the encoded text contains a word or number, not only symbols and emoji."""
    return next(spellings(encoded_text(article)), None) is not None


def lead(article: Article) -> str:
    """Return the beginning of the text of an article."""
    return article.text[:LEAD_CHARACTERS]


def title_words(article: Article) -> list[str]:
    """Return the normalized words of the title."""
    return list(words(compared_title(article)))


def undated_words(article: Article) -> list[str]:
    """Return the normalized words of the title without numbers, months and weekdays."""
    return [word for word in title_words(article) if not is_dated(word)]


@lru_cache(maxsize=1 << 16)
def is_dated(word: str) -> bool:
    """Whether a normalized word is a number, month or weekday."""
    return _DATED.fullmatch(word) is not None


def lead_words(article: Article) -> list[str]:
    """Return the normalized words of title and lead."""
    return list(words(_title_and_text(article, LEAD_CHARACTERS)))


def words(text: str) -> Iterator[str]:
    """Yield normalized words and numbers in order.

    Normalization covers case, Unicode composition, possessives, English plurals, and the vowel
    signs and forms of Arabic letters.
    """
    for normalized, _ in spellings(text):
        yield normalized


def fold(word: str) -> str:
    """Return a word without possessive and plural ending: `Syria's` and `Syria` become equal."""
    return _PLURAL.sub("", _POSSESSIVE.sub("", word))


def spellings(text: str) -> Iterator[Spelling]:
    """Yield each word as (normalized, original); neither is empty.

    A word that is empty after normalization, such as an Arabic kashida alone, is left out.
    """
    spellings = map(_spelling, _WORD.findall(unicodedata.normalize("NFKC", text)))
    return (each for each in spellings if each[0])


@lru_cache(maxsize=1 << 16)  # a window has many articles with the same words
def _spelling(original: str) -> Spelling:
    return fold(_normalize(original.lower())), original


def _normalize(word: str) -> str:
    """Return a word in lower case; in Arabic script without vowel signs and forms of letters."""
    return normalize(word) if _ARABIC.search(word) else word


def _title_and_text(article: Article, characters: int) -> str:
    return f"{compared_title(article)}\n{article.text[:characters]}"


def compared_title(article: Article) -> str:
    """Return the beginning of the title, without the name of the outlet after it."""
    return strip_title_suffix(article.title[:TITLE_CHARACTERS])
