"""Names of storylines, from words that the titles of their stories share."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.locales.codes import primary_subtag
from service.domain.pairs.vocabulary import Vocabulary, word_key
from service.domain.search.function_words import is_function_word
from service.domain.stories.wording.title_words import TitleReader, TitleWord

#: Maximum content words of a phrase.
_MAX_WORDS = 4
#: Minimum share of stories whose titles contain the phrase, and the word added to it.
_MIN_PHRASE_SHARE, _MIN_WORD_SHARE = 0.34, 0.3
#: Minimum number of stories whose titles contain the phrase, and the word added to it.
_MIN_STORIES = 2
#: Weight of a spelling of a phrase that modifies no other word: "data centers" in "the data
#: centers", against "data center" in "data center audit".
_FREE_WEIGHT = 10
#: Factor of the value of a single word, which names a storyline only with a further word.
_SINGLE_WORD = 0.9
#: Minimum letters of a word that completes a name.
_MIN_LENGTH = 4
#: Endings of English words that a name of single words never has: "injured", "securing".
_PARTICIPLE_ENDS = ("ed", "ing")
#: A participle before a name of several words: "long-deployed" before "USS Harbour".
_PARTICIPLE = re.compile(r"^[\w-]+ed (?=[A-Z][\w.’'-]* [A-Z])")
#: English words for sources of news. Reports of different events quote the same source, so texts
#: share "the Ministry of Health said"; titles rarely do.
_SOURCES = frozenset(
    {
        "agency", "authorities", "conference", "department", "ministry", "officials", "police",
        "reporter", "reporters", "spokesman", "spokesperson", "spokeswoman", "statement",
    }
)  # fmt: skip
_UNNAMED = "Untitled"

_Key = tuple[str, ...]
_Clauses = Sequence[Sequence[Sequence[TitleWord]]]


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: Sequence[TitleWord]
    is_modifier: bool  #: whether a content word follows


def name_storyline(stories: Sequence[Sequence[Article]], vocabulary: Vocabulary) -> str:
    """Name a storyline by a phrase that the titles of several of its stories share.

    `stories` are the articles of each story. A phrase is a run of words of one title that ends a
    noun group. More than a third of the stories, and at least two, must have it. Phrases with rare
    words, with names and in more stories take precedence. A common word of the titles completes a
    name or a single word: "Lindsay Clancy" and "trial".

    Without such a phrase, the first sentences of the reports are searched too, except for phrases
    with a source of news, and then single words that stories share in all languages. If there are
    none, the rarest words of the two largest stories are joined. The name is never empty.
    """
    reader = TitleReader(stories, _main_language(stories))
    titles = [list(reader.read_clauses(story)) for story in stories]
    texts = [list(reader.read_clauses(story, with_texts=True)) for story in stories]
    return (
        _name_by_phrase(titles, vocabulary)
        or _name_by_phrase(texts, vocabulary, without=_SOURCES)
        or _shared_words(stories, vocabulary)
        or _joined_words(stories, vocabulary)
        or _UNNAMED
    )


def _name_by_phrase(
    clauses: _Clauses, vocabulary: Vocabulary, without: frozenset[str] = frozenset()
) -> str:
    """The most valuable phrase of enough stories, with the word that completes it.

    "" without one; a single word is not a phrase. Phrases with one of the words of `without` are
    left out.
    """
    spellings, stories_of = _count_phrases(clauses, without)
    fewest = max(_MIN_STORIES, _MIN_PHRASE_SHARE * len(clauses))
    shared = [key for key in spellings if len(stories_of[key]) >= min(fewest, len(clauses))]
    if not shared:
        return ""
    words = [word for story in clauses for clause in story for word in clause]
    names = _find_names(words)
    rarity = _weights(sorted({word.word for word in words}), vocabulary)
    weights = {word.root: rarity[word.word] for word in words}
    best = min(shared, key=lambda key: (-_value(key, len(stories_of[key]), names, weights), key))
    spelled = spellings[best]
    name = _PARTICIPLE.sub("", min(spelled, key=lambda text: (-spelled[text], len(text), text)))
    if added := _completion(best, clauses, names, weights):
        return _combine(name, added, is_named=all(root in names for root in best))
    return _capitalise(name) if len(best) > 1 else ""


def _find_names(words: Sequence[TitleWord]) -> set[str]:
    """Roots that most of their occurrences use as a name: not "minister" of "Minister Abbas"."""
    total = Counter(word.root for word in words)
    named = Counter(word.root for word in words if word.is_name)
    return {root for root, count in named.items() if 2 * count > total[root]}


def _count_phrases(
    clauses: _Clauses, without: frozenset[str]
) -> tuple[dict[_Key, Counter[str]], dict[_Key, set[int]]]:
    """The spellings and the stories of each phrase, by the roots of its content words."""
    spellings: dict[_Key, Counter[str]] = defaultdict(Counter)
    stories_of: dict[_Key, set[int]] = defaultdict(set)
    for number, story in enumerate(clauses):
        for clause in story:
            for phrase in _phrases(clause):
                if any(word.spelling.lower() in without for word in phrase.words):
                    continue
                key = tuple(word.root for word in phrase.words if word.is_content)
                stories_of[key].add(number)
                weight = 1 if phrase.is_modifier else _FREE_WEIGHT
                spellings[key][" ".join(word.spelling for word in phrase.words)] += weight
    return spellings, stories_of


def _phrases(clause: Sequence[TitleWord]) -> Iterator[_Phrase]:
    """Runs of words from a content word to the end of a noun group."""
    for start, first in enumerate(clause):
        if not first.is_content:
            continue
        count = 0
        for end in range(start, len(clause)):
            word = clause[end]
            count += word.is_content
            if count > _MAX_WORDS or word.is_break:
                break
            if word.is_content and word.is_noun and word.is_end:
                following = clause[end + 1 : end + 2]
                yield _Phrase(clause[start : end + 1], any(each.is_content for each in following))


def _value(key: _Key, stories: int, names: set[str], weights: Mapping[str, float]) -> float:
    """Value of a phrase: by stories that share it, its rare words, and whether it has a name."""
    has_name = any(root in names for root in key)
    value = stories * sum(weights[root] for root in key) * (1 + has_name)
    return value if len(key) > 1 else _SINGLE_WORD * value


def _completion(
    key: _Key, clauses: _Clauses, names: set[str], weights: Mapping[str, float]
) -> TitleWord | None:
    """The noun of the titles that a phrase of names lacks: common in them, rare elsewhere.

    A single word may also lack a name.
    """
    is_single = len(key) == 1
    is_named = all(root in names for root in key)
    if len(key) >= _MAX_WORDS or not (is_single or is_named):
        return None
    common = _common_words(key, clauses, weights)
    return next((word for word in common if (is_single if word.is_name else is_named)), None)


def _common_words(key: _Key, clauses: _Clauses, weights: Mapping[str, float]) -> list[TitleWord]:
    """The other nouns and names in the clauses of enough stories, the most valuable first.

    A clause has the whole phrase too; for a phrase of several words, clauses of several stories.
    """
    words: dict[str, TitleWord] = {}
    count: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for story in clauses:
        others: dict[str, TitleWord] = {}
        near: set[str] = set()
        for clause in story:
            phrases = {
                word.root: word
                for word in clause
                if word.is_content and word.is_noun and word.is_end and word.root not in key
                if len(word.spelling) >= _MIN_LENGTH or word.spelling.isupper()
            }
            others |= phrases
            if {word.root for word in clause}.issuperset(key):
                near.update(phrases)
        count.update(others.keys())
        beside.update(near)
        words |= others
    enough = max(_MIN_STORIES, _MIN_WORD_SHARE * len(clauses))
    fewest = _MIN_STORIES if len(key) > 1 else 1
    shared = [root for root in count if count[root] >= enough and beside[root] >= fewest]
    shared.sort(key=lambda root: (-count[root] * weights[root], root))
    return [words[root] for root in shared]


def _combine(name: str, added: TitleWord, *, is_named: bool) -> str:
    """A phrase and the word that completes it."""
    if not added.is_name:
        return _capitalise(f"{name} {added.spelling}")
    return f"{name}–{added.spelling}" if is_named else _capitalise(f"{added.spelling} {name}")


def _main_language(stories: Sequence[Sequence[Article]]) -> str:
    """The language of most stories."""
    languages = Counter(
        language
        for story in stories
        for language in {primary_subtag(article.lang) for article in story}
    )
    return min(languages, key=lambda each: (-languages[each], each), default="")


def _shared_words(stories: Sequence[Sequence[Article]], vocabulary: Vocabulary) -> str:
    """The two weightiest words in titles and texts of several stories; "" without any."""
    spellings = [_content_words(story) for story in stories]
    count = Counter(word for story in spellings for word in story)
    shared = [word for word in count if count[word] >= min(_MIN_STORIES, len(stories))]
    weights = _weights(shared, vocabulary)
    best = sorted(shared, key=lambda word: (-count[word] * weights[word], word))[:2]
    order = sorted(best, key=lambda word: not _spelling(word, spellings)[0].isupper())
    return _capitalise(" ".join(_spelling(word, spellings) for word in order))


def _joined_words(stories: Sequence[Sequence[Article]], vocabulary: Vocabulary) -> str:
    """The weightiest word of each of the two largest stories, which share none."""
    largest = sorted(stories, key=len, reverse=True)[:2]
    words = []
    for story in largest:
        spellings = _content_words(story)
        weights = _weights(list(spellings), vocabulary)
        if spellings:
            best = min(spellings, key=lambda word: (-weights[word], word))
            words.append(_spelling(best, [spellings]))
    return _capitalise(" – ".join(dict.fromkeys(words)))


def _content_words(story: Sequence[Article]) -> dict[str, Counter[str]]:
    """The spellings of the words of titles and leads in any language."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for article in story:
        text = f"{tokenization.compared_title(article)}\n{tokenization.lead(article)}"
        for word, spelling in tokenization.spellings(text):
            if primary_subtag(article.lang) == "en" and word.endswith(_PARTICIPLE_ENDS):
                continue
            is_long = len(word) >= _MIN_LENGTH or (spelling.isupper() and len(word) > 1)
            if is_long and not (
                tokenization.is_dated(word)
                or word in tokenization.STOP_WORDS
                or is_function_word(word, article.lang)
            ):
                spellings[word][spelling] += 1
    return spellings


def _weights(words: Sequence[str], vocabulary: Vocabulary) -> dict[str, float]:
    """The inverse document frequency of each word in the window."""
    folded = (next(tokenization.words(word), word) for word in words)
    keys = np.array([word_key(word) for word in folded], dtype=np.uint32)
    return dict(zip(words, vocabulary.idf(keys).tolist(), strict=True))


def _spelling(word: str, spellings: Sequence[dict[str, Counter[str]]]) -> str:
    """The most common spelling of a word, in lower case if it occurs: titles capitalise words."""
    count = sum((each.get(word, Counter()) for each in spellings), Counter[str]())
    return min(count, key=lambda each: (not each.islower(), -count[each], each))


def _capitalise(name: str) -> str:
    return name[:1].upper() + name[1:]
