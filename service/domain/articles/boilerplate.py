"""Boilerplate detection: sentences that outlets repeat under titles about different things.

Examples are paywall lines, cookie notices, "appeared first on", captions and "Comments". They are
found by counting, not by a list of phrases. Two signals separate them from repeated news, such
as a wire report or an updated article. The titles above them have little in common, and the
sentence has no word in common with its title.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.locales.codes import primary_subtag
from service.domain.search.function_words import is_function_word
from service.domain.text.sentences import split_sentences

#: Start and end of each span of a text in characters, ascending: start, end, start, end.
Spans = Sequence[int]

#: An outlet's sentence is boilerplate under this many different titles. Two are enough if the
#: titles have no word in common.
_MIN_TITLES = 3
_MIN_UNRELATED_TITLES = 2
#: Different titles needed if the sentence shares words with its titles, such as a place name.
_MIN_TITLES_WITH_SHARED_WORDS = 8
#: A sentence is boilerplate in every outlet if this many outlets print it under titles without a
#: common word. So no single outlet can remove the sentences of others.
_MIN_UNRELATED_TITLES_OF_OUTLETS = 3
#: Titles with a higher overlap coefficient count as one title.
_MAX_TITLE_OVERLAP = 0.5
#: Maximum share of the occurrences that have a word in common with their title.
_MAX_SHARE_WITH_TITLE = 0.25
#: Words in more titles than this, as a share and as a number, are too common to relate two titles.
_COMMON_SHARE, _COMMON_TITLES = 0.1, 5
#: Shorter words relate no titles. Many words of Korean, Chinese and Japanese have two characters.
_MIN_LETTERS, _MIN_SYLLABLES = 3, 2
_SYLLABLES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
#: Lower-case words needed in a template.
_MIN_TEMPLATE_WORDS = 3

#: Languages whose function words are only `tokenization.STOP_WORDS`; "" is unknown.
_ENGLISH = frozenset(["en", ""])

_TITLE, _SLOT = "<title>", "<slot>"
#: Addresses and account names, which vary within one template.
_ADDRESS = re.compile(r"\S*[/@]\S*")
_DIGITS = re.compile(r"\d+")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A sentence of an article: row, span and keys.

    `words` are its words without those of the article's title and of the outlet's name.
    """

    row: int
    start: int
    end: int
    keys: tuple[str, ...]
    words: frozenset[str]


def remove_boilerplate(articles: Sequence[Article]) -> list[Article]:
    """Return the articles, in order, without the sentences that are boilerplate among them."""
    return [
        replace(article, text=cut(article.text, spans)) if spans else article
        for article, spans in zip(articles, find_boilerplate(articles), strict=True)
    ]


def cut(text: str, spans: Spans) -> str:
    """Return a text without the spans; unchanged if there are none."""
    if not spans:
        return text
    parts, at = [], 0
    for start, end in zip(spans[::2], spans[1::2], strict=True):
        parts.append(text[at:start])
        at = end
    return "".join([*parts, text[at:]]).strip()


def merge_spans(one: Spans, other: Spans) -> list[int]:
    """Return the spans of both, which are sentences of one text."""
    pairs = {pair for spans in (one, other) for pair in zip(spans[::2], spans[1::2], strict=True)}
    return [bound for pair in sorted(pairs) for bound in pair]


def find_boilerplate(articles: Sequence[Article]) -> list[Spans]:
    """Return the spans of boilerplate in the text of each article, in order of the articles.

    Only the first `tokenization.BODY_CHARACTERS` characters of a text are examined.
    """
    occurrences = [each for row, article in enumerate(articles) for each in _split(row, article)]
    if not occurrences:
        return [[] for _ in articles]
    titles = _title_words(articles)
    by_key: dict[Key, list[_Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        outlet = articles[occurrence.row].outlet
        for key in occurrence.keys:
            by_key["", key].append(occurrence)
            if outlet:
                by_key[outlet, key].append(occurrence)
    boilerplate_keys = {
        key
        for key, repeated in by_key.items()
        if len(repeated) > 1
        and _is_boilerplate(
            key, repeated if key[0] else _one_per_outlet(repeated, articles), titles
        )
    }
    spans: dict[int, list[int]] = defaultdict(list)
    for occurrence in occurrences:
        outlet = articles[occurrence.row].outlet
        if any(
            ("", key) in boilerplate_keys or (outlet, key) in boilerplate_keys
            for key in occurrence.keys
        ):
            spans[occurrence.row] += (occurrence.start, occurrence.end)
    return [spans[row] for row in range(len(articles))]


def _is_boilerplate(
    key: Key,
    repeated: Sequence[_Occurrence],
    titles: Sequence[frozenset[str]],
) -> bool:
    outlet, template = key
    if template == _TITLE:
        return False  # a lead that only repeats its title is not boilerplate
    rows = [each.row for each in repeated]
    different = _count_titles((titles[row] for row in rows), _MAX_TITLE_OVERLAP)
    unrelated = _count_titles((titles[row] for row in rows), 0.0)
    shared = sum(bool(each.words & titles[each.row]) for each in repeated)
    mentions_title = shared > _MAX_SHARE_WITH_TITLE * len(rows)
    if not outlet:
        is_specific = bool(repeated[0].words) and _SLOT not in template
        return is_specific and unrelated >= _MIN_UNRELATED_TITLES_OF_OUTLETS and not mentions_title
    if mentions_title:
        return different >= _MIN_TITLES_WITH_SHARED_WORDS
    return different >= _MIN_TITLES or unrelated >= _MIN_UNRELATED_TITLES


def _one_per_outlet(
    repeated: Sequence[_Occurrence], articles: Sequence[Article]
) -> list[_Occurrence]:
    """The first occurrence in each outlet; each article without an outlet counts as one."""
    first = {articles[each.row].outlet or each.row: each for each in reversed(repeated)}
    return list(first.values())


def _count_titles(titles: Iterable[frozenset[str]], max_overlap: float) -> int:
    """Number of titles that overlap by at most `max_overlap` with each one counted before.

    Counting ends at the highest number that any rule needs.
    """
    counted: list[frozenset[str]] = []
    for title in titles:
        if title and all(_overlap(title, other) <= max_overlap for other in counted):
            counted.append(title)
            if len(counted) == _MIN_TITLES_WITH_SHARED_WORDS:
                break
    return len(counted)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other))


def _title_words(articles: Sequence[Article]) -> list[frozenset[str]]:
    """The words of each title that can relate it to others: no stop words, no common words."""
    languages = [primary_subtag(article.lang) for article in articles]
    words = [
        _content_words(tokenization.title_words(article), language)
        for article, language in zip(articles, languages, strict=True)
    ]
    sizes = Counter(languages)
    counts = Counter(
        (language, word) for language, each in zip(languages, words, strict=True) for word in each
    )
    limits = {key: max(_COMMON_TITLES, _COMMON_SHARE * size) for key, size in sizes.items()}
    return [
        frozenset(word for word in each if counts[language, word] <= limits[language])
        for language, each in zip(languages, words, strict=True)
    ]


def _content_words(words: Iterable[str], language: str) -> frozenset[str]:
    return frozenset(word for word in words if _is_content(word, language))


@lru_cache(maxsize=1 << 16)
def _is_content(word: str, language: str) -> bool:
    if len(word) < (_MIN_SYLLABLES if _SYLLABLES.search(word) else _MIN_LETTERS):
        return False
    if word in tokenization.STOP_WORDS:
        return False
    # The English list of function words contains words of news, such as "home" and "open".
    return language in _ENGLISH or not is_function_word(word, language)


def _split(row: int, article: Article) -> Iterator[_Occurrence]:
    """Yield the sentences of an article with their keys."""
    title = " ".join(tokenization.title_words(article))
    outlet = frozenset(tokenization.words(article.outlet.replace("-", " ")))
    text = article.text[: tokenization.BODY_CHARACTERS]
    at = 0
    for sentence in split_sentences(text):
        at = text.index(sentence.text, at)
        end = at + len(sentence.text)
        masked = _DIGITS.sub("0", _ADDRESS.sub(" 0 ", sentence.text))
        spelled = list(tokenization.spellings(masked))
        if spelled:
            keys = tuple(_keys(spelled, title))
            language = primary_subtag(article.lang)
            words = _content_words(keys[0].split(), language) - outlet - {_TITLE}
            yield _Occurrence(row, at, end, keys, words)
        at = end


def _keys(spelled: Sequence[tuple[str, str]], title: str) -> Iterator[str]:
    """Yield the keys of a sentence: its words, and its template with names as slots."""
    yield _mask_title(" ".join(word for word, _ in spelled), title)
    template: list[str] = []
    for word, original in spelled:
        slot = not (original.isalpha() and original.islower())
        if not slot:
            template.append(word)
        elif template[-1:] != [_SLOT]:
            template.append(_SLOT)
    if _SLOT in template and len(template) - template.count(_SLOT) >= _MIN_TEMPLATE_WORDS:
        yield _mask_title(" ".join(template), title)


def _mask_title(words: str, title: str) -> str:
    """Replace the words of the article's own title."""
    return f" {words} ".replace(f" {title} ", f" {_TITLE} ").strip() if title else words
