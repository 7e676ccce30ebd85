"""Names of storylines, from words that the titles of their stories share."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.pairs.vocabulary import Vocabulary, word_key
from service.domain.search.function_words import is_function_word
from service.domain.stories.wording.stems import stem
from service.domain.stories.wording.title_flaws import style_penalty
from service.domain.text.codes import primary_subtag

#: Maximum content words of a phrase.
_MAX_WORDS = 4
#: Minimum share of stories whose titles contain the phrase, and the word added to it.
_MIN_PHRASE_SHARE, _MIN_WORD_SHARE = 0.34, 0.3
#: Minimum number of stories whose titles contain the phrase, and the word added to it.
_MIN_STORIES = 2
_CLAUSE_END = re.compile(r"[:;|?!()\[\]\"“”„«»‘]|\s[-–—]\s|,\s|\.\s|['’]\s")
#: Value of each further word of a phrase, as a share of the value of its first word.
_WORD_VALUE = 1.0
#: English words before a noun, and before a verb.
_BEFORE_NOUNS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "for",
        "on",
        "over",
        "by",
        "his",
        "her",
        "its",
        "their",
        "this",
        "against",
    ]
)
_BEFORE_VERBS = frozenset(
    [
        "to",
        "will",
        "would",
        "could",
        "should",
        "may",
        "might",
        "can",
        "he",
        "she",
        "they",
        "who",
        "it",
    ]
)
#: A word is common if more articles of the window than this share and this number contain it.
_MAX_COMMON_SHARE, _MIN_COMMON_ARTICLES = 0.01, 5
#: Minimum letters of a word that completes a name.
_MIN_LENGTH = 4
#: Longer words in capitals are not abbreviations.
_MAX_ABBREVIATION = 4
_UNNAMED = "Untitled"


@dataclass(frozen=True, slots=True)
class _Word:
    root: str
    spelling: str
    is_content: bool
    is_name: bool
    is_noun: bool  #: a name or a noun; in other languages than English every word may be one


def name_storyline(stories: Sequence[Sequence[Article]], vocabulary: Vocabulary) -> str:
    """Name a storyline by the phrase that the titles of most of its stories share.

    `stories` are the articles of each story. A phrase is a run of words of one title. If it is a
    name or a single word, a common word of the titles completes it: "Lindsay Clancy" and "trial".
    The plainest title is the name if the titles share no phrase, or only a single word that is
    common in the window of the vocabulary. The name is never empty.
    """
    language = _main_language(stories)
    spellings = _Spellings(stories)
    clauses = [list(_title_clauses(story, language, spellings)) for story in stories]
    phrases: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    stories_of: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, story in enumerate(clauses):
        for clause in story:
            for phrase in _phrases(clause):
                key = tuple(word.root for word in phrase if word.is_content)
                stories_of[key].add(number)
                phrases[key][" ".join(word.spelling for word in phrase)] += 1
    fewest = max(_MIN_STORIES, _MIN_PHRASE_SHARE * len(stories))
    shared = [key for key in phrases if len(stories_of[key]) >= min(fewest, len(stories))]
    if not shared:
        return _plainest_title(stories)
    names = {word.root for story in clauses for clause in story for word in clause if word.is_name}
    best = min(shared, key=lambda key: (-_value(key, len(stories_of[key]), names), key))
    name = min(phrases[best], key=lambda text: (-phrases[best][text], len(text), text))
    if added := _completion(best, clauses, names):
        is_named = all(root in names for root in best)
        if added.is_name and is_named:
            return f"{name}–{added.spelling}"
        return _capitalise(
            f"{added.spelling} {name}" if added.is_name else f"{name} {added.spelling}"
        )
    is_common = len(best) == 1 and _is_common(name, vocabulary)
    return _plainest_title(stories) if is_common else _capitalise(name)


def _is_common(name: str, vocabulary: Vocabulary) -> bool:
    """Whether a single word is too common in a window to name a storyline."""
    keys = np.array([word_key(word) for word in tokenization.words(name)], dtype=np.uint32)
    common = max(_MAX_COMMON_SHARE * vocabulary.articles, _MIN_COMMON_ARTICLES)
    return bool((vocabulary.document_frequencies(keys) > common).all())


def _value(key: tuple[str, ...], stories: int, names: set[str]) -> float:
    """Value of a phrase: by stories that share it, its length, and whether it has a name."""
    has_name = any(root in names for root in key)
    return stories * (1 + _WORD_VALUE * (len(key) - 1)) * (1 + has_name)


def _completion(
    key: tuple[str, ...], clauses: Sequence[Sequence[Sequence[_Word]]], names: set[str]
) -> _Word | None:
    """The most common word of the titles that completes a phrase, or None.

    A noun completes a phrase of names. Without such a noun, a name completes a single word.
    """
    is_single = len(key) == 1
    is_named = all(root in names for root in key)
    if len(key) >= _MAX_WORDS or not (is_single or is_named):
        return None
    common = _common_words(key, clauses)
    nouns = [word for word in common if not word.is_name] if is_named else []
    other_names = [word for word in common if word.is_name] if is_single else []
    return next(iter([*nouns, *other_names]), None)


def _common_words(
    key: tuple[str, ...], clauses: Sequence[Sequence[Sequence[_Word]]]
) -> list[_Word]:
    """The other nouns and names in the titles of enough stories, the most common first."""
    words: dict[str, _Word] = {}
    count: Counter[str] = Counter()
    for story in clauses:
        others = {
            word.root: word
            for clause in story
            for word in clause
            if word.is_content and word.is_noun and word.root not in key
            if len(word.spelling) >= _MIN_LENGTH
        }
        count.update(others.keys())
        words |= others
    enough = max(_MIN_STORIES, _MIN_WORD_SHARE * len(clauses))
    ranked = sorted(count, key=lambda root: (-count[root], root))
    return [words[root] for root in ranked if count[root] >= enough]


def _main_language(stories: Sequence[Sequence[Article]]) -> str:
    languages = Counter(
        language
        for story in stories
        for language in {primary_subtag(article.lang) for article in story}
    )
    return min(languages, key=lambda each: (-languages[each], each), default="")


def _title_clauses(
    story: Sequence[Article], language: str, spellings: "_Spellings"
) -> Iterator[list[_Word]]:
    """The words of each clause of the titles in a language."""
    for article in story:
        if primary_subtag(article.lang) == language:
            for clause in _CLAUSE_END.split(tokenization.compared_title(article)):
                words: list[_Word] = []
                for word, spelling in tokenization.spellings(clause):
                    after_name = bool(words) and words[-1].is_name
                    words.append(_word(word, spelling, language, spellings, after_name=after_name))
                yield words


def _word(
    word: str, spelling: str, language: str, spellings: "_Spellings", *, after_name: bool
) -> _Word:
    is_content = not (
        word in tokenization.STOP_WORDS
        or is_function_word(word, language)
        or tokenization.is_dated(word)
        or word[0].isdigit()
    )
    usual = spellings.usual(word, spelling)
    plain = re.sub(r"['’]s?$", "", usual)
    is_name = is_content and usual[0].isupper()
    is_noun = is_name or language != "en" or spellings.is_noun(word, after_name=after_name)
    return _Word(stem(word, language), plain, is_content, is_name, is_noun)


def _phrases(clause: Sequence[_Word]) -> Iterator[Sequence[_Word]]:
    """Runs of words that begin and end with a content word."""
    for start, first in enumerate(clause):
        if not first.is_content:
            continue
        count = 0
        for end in range(start, len(clause)):
            count += clause[end].is_content
            if count > _MAX_WORDS:
                break
            if clause[end].is_content and clause[end].is_noun:
                yield clause[start : end + 1]


class _Spellings:
    """Spellings of words within sentences, and the words before them."""

    def __init__(self, stories: Sequence[Sequence[Article]]) -> None:
        self._spelled: dict[str, Counter[str]] = defaultdict(Counter)
        self._before: dict[str, Counter[str]] = defaultdict(Counter)
        for story in stories:
            for article in story:
                self._count(article)

    def _count(self, article: Article) -> None:
        lead = list(tokenization.spellings(article.text[: tokenization.LEAD_CHARACTERS]))
        title = list(tokenization.spellings(tokenization.compared_title(article)))
        for (before, _), (word, spelling) in pairwise(lead):
            self._spelled[word][spelling] += 1
            self._before[word][before] += 1
        for (before, _), (word, spelling) in pairwise(title):
            self._before[word][before] += 1
            if spelling.islower():
                self._spelled[word][spelling] += 1

    def usual(self, word: str, spelling: str) -> str:
        """The most common spelling; titles may capitalise all words."""
        spelled = self._spelled[word]
        usual = min(spelled, key=lambda each: (-spelled[each], each), default=spelling)
        is_shouted = usual.isupper() and len(usual) > _MAX_ABBREVIATION
        return usual.capitalize() if is_shouted else usual

    def is_noun(self, word: str, *, after_name: bool) -> bool:
        """Whether an English word follows articles and prepositions rather than "to" or "he".

        Without such evidence, a word after a name may be a verb.
        """
        before = self._before[word]
        nouns = sum(before[each] for each in _BEFORE_NOUNS)
        verbs = sum(before[each] for each in _BEFORE_VERBS)
        return nouns > verbs or (nouns == verbs and not after_name)


def _plainest_title(stories: Sequence[Sequence[Article]]) -> str:
    titles = [
        (style_penalty(article.title, article.lang), number, article.title.strip())
        for number, story in enumerate(stories)
        for article in story
        if article.title.strip()
    ]
    return min(titles)[2] if titles else _UNNAMED


def _capitalise(name: str) -> str:
    return name[:1].upper() + name[1:]
