"""Which words of an article count, and how they are cut out."""

import re
import unicodedata
from collections.abc import Iterator

from service.domain.articles.model import Article
from service.domain.text.title_suffixes import unsigned

#: Characters of the title that count; a longer one is no title.
TITLE_CHARACTERS = 500
#: Characters of the text that count as its lead.
LEAD_CHARACTERS = 700
#: Characters of the text that count as its body; more adds cost, not evidence.
BODY_CHARACTERS = 3000

#: English words that are no keywords, however rare they are in a small window.
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

_WORD = re.compile(r"[^\W_]+(?:['’.,\-][^\W_]+)*")
#: Numbers, and English names of months and weekdays: what tells one instalment from the next.
_DATED = re.compile(
    r"\W*\d[\d\W]*(?:st|nd|rd|th)?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_POSSESSIVE = re.compile(r"['’]s?$")
_PLURAL = re.compile(r"(?<=[a-z]{3}[^su])s$")


def encoded_text(article: Article) -> str:
    """What the encoder reads: title and lead. The one place that decides it."""
    return _beginning(article, LEAD_CHARACTERS).strip()


def has_words(article: Article) -> bool:
    """Whether there is a word or a number in what is encoded; signs and emoji tell nothing."""
    return next(spellings(encoded_text(article)), None) is not None


def title_words(article: Article) -> list[str]:
    """Words of the title, folded."""
    return list(words(_headline(article)))


def undated_words(article: Article) -> list[str]:
    """Words of the title, folded, without numbers, months and weekdays."""
    return [word for word in title_words(article) if not _DATED.fullmatch(word)]


def lead_words(article: Article) -> list[str]:
    """Words of title and lead, folded."""
    return list(words(_beginning(article, LEAD_CHARACTERS)))


def body_words(article: Article) -> list[str]:
    """Words of title and text, folded, up to `BODY_CHARACTERS` of the text."""
    return list(words(_beginning(article, BODY_CHARACTERS)))


def words(text: str) -> Iterator[str]:
    """Words and numbers in order: case, encoding of accents, possessives and English plurals folded."""
    for folded, _ in spellings(text):
        yield folded


def fold(word: str) -> str:
    """A word without possessive and plain plural: `Syria's` and `Syria`, `talks` and `talk` meet."""
    return _PLURAL.sub("", _POSSESSIVE.sub("", word))


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """Each word folded, beside the way it is written."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text)):
        yield fold(match.group().lower()), match.group()


def _beginning(article: Article, characters: int) -> str:
    return f"{_headline(article)}\n{article.text[:characters]}"


def _headline(article: Article) -> str:
    return unsigned(article.title[:TITLE_CHARACTERS])
