"""Words of titles with their spelling, and whether they are names, nouns or ends of noun groups."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.locales.codes import primary_subtag
from service.domain.search.function_words import is_function_word
from service.domain.stories.wording.stems import stem
from service.domain.text.title_case import is_in_title_case

_CLAUSE_END = re.compile(r"[:;|?!()\[\]\"“”„«»‘]|\s[-–—]\s|,\s|(?<![A-Z]\.[A-Z])\.\s|['’]\s")
_INITIALS = re.compile(r"^(?:[A-Z]\.)+[A-Z]$")
#: English words before a noun, and before a verb.
_BEFORE_NOUNS = frozenset(
    {
        "the", "a", "an", "of", "in", "for", "on", "over", "by", "his", "her", "its", "their",
        "this", "against", "with", "from", "about", "after", "across", "between", "amid", "more",
        "many", "several", "some", "no", "new",
    }
)  # fmt: skip
#: English words after a plural noun: "wildfires are".
_AFTER_PLURALS = frozenset(["are", "were", "have"])
_BEFORE_VERBS = frozenset(
    {
        "to", "will", "would", "could", "should", "may", "might", "can", "he", "she", "they", "who",
        "it",
    }
)  # fmt: skip
#: English prepositions and labels of titles that the list of function words lacks.
_NO_CONTENT = frozenset(
    {
        "aboard", "amid", "despite", "near", "versus", "vs", "via", "live", "news", "update",
        "result", "video", "photo", "watch", "exclusive", "opinion", "analysis", "review",
        "breaking", "thread", "crossword", "quiz", "podcast", "recap", "roundup",
    }
)  # fmt: skip
#: Function words that are nouns in news: "gold mine".
_NOUNS = frozenset(["mine"])
#: English function words within a name.
_WITHIN_NAMES = frozenset(["of", "the", "in", "for", "and", "on"])
#: Share of a word's occurrences that end a noun group, if it does not only modify the next word.
_MIN_FINAL_SHARE = 0.25
#: Endings of English verbs.
_VERB_ENDS = ("s", "ed", "ing")
#: Minimum letters of a verb in "s" or "ed": "gas" is not one.
_MIN_VERB_LENGTH = 4
#: Minimum share of the occurrences of a noun in "ed" or "ing" that follow "the", "of" and so on.
_MIN_NOUN_SHARE = 0.3
#: Longer words in capitals are not abbreviations.
_MAX_ABBREVIATION = 4


@dataclass(frozen=True, slots=True)
class TitleWord:
    """A word of a title. Words of other languages than English may all be nouns and ends."""

    root: str
    word: str  #: folded, as in the window vocabulary
    spelling: str
    is_content: bool
    is_name: bool
    is_noun: bool  #: a name or a noun; without evidence, a word after a name or in "s" is neither
    is_break: bool  #: an English verb, or a function word that no name contains
    is_end: bool  #: ends a noun group: not "economic" in "economic pressure"


class TitleReader:
    """Reads titles of some stories; learns from their texts how words are spelled and used."""

    def __init__(self, stories: Sequence[Sequence[Article]], language: str) -> None:
        """`language` is that of the titles to read."""
        self._language = language
        self._spelled: dict[str, Counter[str]] = defaultdict(Counter)
        self._before: dict[str, Counter[str]] = defaultdict(Counter)
        self._final: dict[str, Counter[bool]] = defaultdict(Counter)
        self._before_auxiliary: Counter[str] = Counter()
        self._compounds: set[str] = set()  # "center" of "data center" and "data centers"
        self._forms: dict[tuple[str, str], set[bool]] = defaultdict(set)
        for story in stories:
            for article in story:
                if primary_subtag(article.lang) == language:
                    self._count(article)

    def read_clauses(
        self, story: Sequence[Article], *, with_texts: bool = False
    ) -> Iterator[list[TitleWord]]:
        """The words of each clause of the titles, and of the leads, in the language."""
        for article in story:
            if primary_subtag(article.lang) == self._language:
                text = tokenization.lead(article) if with_texts else ""
                for clause in _CLAUSE_END.split(f"{tokenization.compared_title(article)}. {text}"):
                    yield self._read(clause)

    def _read(self, clause: str) -> list[TitleWord]:
        words: list[TitleWord] = []
        spelled = list(tokenization.spellings(clause))
        in_title_case = is_in_title_case([spelling for _, spelling in spelled])
        for word, spelling in spelled:
            if in_title_case and not self._spelled[word] and spelling.endswith(_VERB_ENDS):
                spelling = spelling.lower()  # noqa: PLW2901 capitals show no name here
            after_name = bool(words) and words[-1].is_name
            words.append(self._word(word, spelling, after_name=after_name))
        return words

    def _word(self, word: str, spelling: str, *, after_name: bool) -> TitleWord:
        usual = self._usual_spelling(word, spelling)
        is_content = self._is_content(word)
        is_name = is_content and usual[0].isupper()
        is_english = self._language == "en"
        evidence = self._noun_evidence(word)
        may_be_verb = after_name or spelling.endswith(_VERB_ENDS)
        return TitleWord(
            root=stem(word, self._language),
            word=word,
            spelling=_INITIALS.sub(r"\g<0>.", re.sub(r"['’]s?$", "", usual)),
            is_content=is_content,
            is_name=is_name,
            is_noun=is_name
            or not is_english
            or evidence > 0
            or (evidence == 0 and not may_be_verb),
            is_break=is_english and not is_name and self._is_break(word, spelling),
            is_end=not is_english or self._is_end(word),
        )

    def _is_content(self, word: str) -> bool:
        """Whether a word has a meaning of its own; a function word has one within a name."""
        if tokenization.is_dated(word) or word[0].isdigit():
            return False
        if word in tokenization.STOP_WORDS or (self._language == "en" and word in _NO_CONTENT):
            return False
        is_function = is_function_word(word, self._language) and word not in _NOUNS
        return not is_function or self._is_capitalised(word)

    def _is_capitalised(self, word: str) -> bool:
        """Whether most occurrences within sentences begin with a capital: "Act", "Big Bend"."""
        spelled = self._spelled[word]
        capitals = sum(count for spelling, count in spelled.items() if spelling[0].isupper())
        return capitals > spelled.total() / 2

    def _usual_spelling(self, word: str, spelling: str) -> str:
        """The most common spelling of a form; titles may capitalise all words.

        Without evidence for the form, another one such as the singular shows whether it is a name.
        """
        spelled = self._spelled[word]
        same = [each for each in spelled if each.lower() == spelling.lower()]
        usual = min(
            same, key=lambda each: (-spelled[each], each[0].isupper(), each), default=spelling
        )
        small = sum(count for each, count in spelled.items() if each.islower())
        if not same and small > spelled.total() / 2:
            usual = usual.lower()
        is_shouted = usual.isupper() and len(usual) > _MAX_ABBREVIATION
        return usual.capitalize() if is_shouted else usual

    def _is_break(self, word: str, spelling: str) -> bool:
        """Whether no name contains a word: a likely verb, such as "sends", or "about"."""
        evidence = self._noun_evidence(word)
        if evidence > 0 or word in _WITHIN_NAMES or self._is_capitalised(word):
            return False
        is_verb = len(spelling) >= _MIN_VERB_LENGTH and spelling.endswith(("s", "ed"))
        return evidence < 0 or is_verb or not self._is_content(word)

    def _noun_evidence(self, word: str) -> int:
        """How much more often an English word follows "the" or "of" than "to" or "he"."""
        before = self._before[word]
        nouns = sum(before[each] for each in _BEFORE_NOUNS)
        if word.endswith(("ed", "ing")) and nouns < _MIN_NOUN_SHARE * before.total():
            return -1
        verbs = sum(before[each] for each in _BEFORE_VERBS)
        if nouns == verbs and (self._before_auxiliary[word] or word in self._compounds):
            return 1
        return nouns - verbs

    def _is_end(self, word: str) -> bool:
        final = self._final[word]
        return final[True] >= _MIN_FINAL_SHARE * final.total()

    def _count(self, article: Article) -> None:
        title = tokenization.compared_title(article)
        for clause in _CLAUSE_END.split(tokenization.lead(article)):
            words = list(tokenization.spellings(clause))
            self._count_neighbours(words)
            if is_in_title_case([spelling for _, spelling in words]):
                continue  # a title within the text, such as "The post … appeared first on …"
            for word, spelling in words[1:]:  # the first word of a sentence has a capital
                self._spelled[word][spelling] += 1
        for clause in _CLAUSE_END.split(title):
            words = list(tokenization.spellings(clause))
            self._count_neighbours(words)
            for word, spelling in words[1:]:
                if spelling.islower():
                    self._spelled[word][spelling] += 1

    def _count_neighbours(self, words: Sequence[tuple[str, str]]) -> None:
        """Count words before and after; a capital before a small letter ends a name."""
        with_names = not is_in_title_case([spelling for _, spelling in words])
        for (before, spelling), (word, following) in pairwise(words):
            self._before[word][before] += 1
            self._before_auxiliary[before] += word in _AFTER_PLURALS
            if spelling.islower() and not is_function_word(before, self._language):
                forms = self._forms[before, word]
                forms.add(following.endswith("s"))
                if len(forms) > 1:
                    self._compounds.add(word)
            ends_name = with_names and spelling[0].isupper() and following[0].islower()
            is_final = ends_name or is_function_word(word, self._language)
            self._final[before][is_final] += 1
        if words:
            self._final[words[-1][0]][True] += 1
