"""Which stories an issue of the digest shows: what changed since the last one, each event once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from service.domain.articles import tokenization
from service.domain.subscribers.digest_cards import card, firsts, news
from service.domain.subscribers.digest_model import Card, Digest, News, Story

#: A story that somebody follows counts as reported so many hours later.
_FOLLOWED_HOURS = 12.0
#: A story nobody saw in time is no news after so long.
_SLACK = timedelta(hours=24)
#: Two stories whose words overlap so much (Jaccard) are shown as one card with a line below.
_ALIKE = 0.5
#: Headlines of one storyline that share so many words are of one saga.
_TELLING_WORDS = 2
#: Lines below a card, looked for among so many times as many stories as there are cards.
_LINES, _FURTHER = 2, 4


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """How long an issue is, and what counts as news; see the section `[digest]`."""

    top: int
    moved_on: int
    few: int
    firsts: int
    few_outlets: int  #: a story is covered by few with so many independent outlets, or fewer
    news_outlets: int  #: a story seen before returns with so many more


@dataclass(frozen=True, slots=True)
class Taste:
    """What a subscriber follows or mutes, and how widely a story must be covered.

    Outlets by slug, countries by ISO 3166 code, storylines by id, languages by ISO 639 code; words
    in any case. Nothing followed, and no languages, means everything.
    """

    language: str = "en"  #: headlines in it are preferred
    min_independent: int = 1
    languages: frozenset[str] = frozenset()  #: a story must be told in one of them
    followed_outlets: frozenset[str] = frozenset()
    muted_outlets: frozenset[str] = frozenset()
    followed_countries: frozenset[str] = frozenset()
    muted_countries: frozenset[str] = frozenset()
    followed_words: frozenset[str] = frozenset()
    muted_words: frozenset[str] = frozenset()
    followed_storylines: frozenset[str] = frozenset()
    muted_storylines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Past:
    """What a subscriber has seen: articles of the stories in earlier issues.

    By articles, since stories merge and split: whatever holds an article that was shown has been
    shown.
    """

    since: datetime  #: when the last issue was made
    articles: frozenset[int] = field(default_factory=frozenset)


def choose(stories: Iterable[Story], taste: Taste, past: Past, settings: DigestSettings) -> Digest:
    """The stories for one subscriber; the same input gives the same issue.

    Ranked as on the front page, what somebody follows higher. Of a storyline, and of stories told
    in the same words, one card is shown, and the next ones as lines below it. A story seen before
    comes back only when enough outlets more report it, with what they brought.
    """
    recent = (story for story in stories if story.reports[-1].at > past.since - _SLACK)
    left = [each for story in recent if (each := heard(story, taste))]
    ranked = sorted(left, key=lambda each: (not each.pinned, -_worth(each, taste), each.id))
    fresh = [each for each in ranked if _is_fresh(each, past)]
    wide = [each for each in fresh if each.independent >= taste.min_independent]
    moved = {each.id: found for each in ranked if (found := _news(each, past, settings))}
    spread = _Spread()
    top = spread.take(wide, settings.top)
    seen = spread.take([each for each in ranked if each.id in moved], settings.moved_on)
    few = spread.take(_rare(fresh, taste, settings), settings.few) if top else []

    def cards(section: Sequence[Story]) -> tuple[Card, ...]:
        return tuple(
            card(each, spread.below(each), taste.language, moved.get(each.id)) for each in section
        )

    first = firsts(top, taste.language, settings.firsts)
    return Digest(cards(top), cards(seen), cards(few), first)


def _rare(fresh: Sequence[Story], taste: Taste, settings: DigestSettings) -> list[Story]:
    """What few cover, for who does not ask for more; of two outlets before of one, longest first."""
    if taste.min_independent > settings.few_outlets:
        return []
    rare = [each for each in fresh if each.independent <= settings.few_outlets]
    return sorted(rare, key=_by_weight)


def _by_weight(story: Story) -> tuple[int, int, float, str]:
    return (-story.independent, -len(story.summary), -story.rank, story.id)


def heard(story: Story, taste: Taste) -> Story | None:
    """The story without what somebody mutes; None if nothing is left of it."""
    if story.storyline in taste.muted_storylines or holds(story, taste.muted_words):
        return None
    left = _unmuted(story, taste)
    if left and taste.languages and taste.languages.isdisjoint(left.languages):
        return None
    return left


def _unmuted(story: Story, taste: Taste) -> Story | None:
    """The story without outlets and countries that somebody mutes."""
    outlets, countries = taste.muted_outlets, taste.muted_countries
    if outlets.isdisjoint(story.outlets) and countries.isdisjoint(story.countries):
        return story
    reports = tuple(
        each
        for each in story.reports
        if each.outlet not in outlets and each.country not in countries
    )
    if not reports:
        return None
    names = {each.name for each in reports}
    said = tuple(each for each in story.summary if each.outlet in names)
    left = replace(story, summary=said, reports=reports)
    if story.speaker is None or story.speaker in left.articles:
        return left
    return replace(left, headline=reports[0].title, speaker=reports[0].article)


def _worth(story: Story, taste: Taste) -> float:
    followed = (
        not taste.followed_outlets.isdisjoint(story.outlets),
        not taste.followed_countries.isdisjoint(story.countries),
        story.storyline in taste.followed_storylines,
        holds(story, taste.followed_words),
    )
    return story.rank + _FOLLOWED_HOURS * sum(followed)


def holds(story: Story, wanted: frozenset[str]) -> bool:
    """Whether a story has one of these words or phrases in headline, keywords or names."""
    pattern = _pattern(wanted)
    return pattern is not None and pattern.search(story.told) is not None


@lru_cache(256)  # a reader has two, and is asked of many stories
def _pattern(wanted: frozenset[str]) -> re.Pattern[str] | None:
    phrases = sorted(folded for each in wanted if (folded := _folded(each)).strip())
    return re.compile("|".join(map(re.escape, phrases))) if phrases else None


def told(headline: str, keywords: Iterable[str], names: Iterable[str]) -> str:
    """What `Story.told` is to be: the words by which a story is followed or muted, folded."""
    return "|".join(_folded(each) for each in (headline, *keywords, *names))


def named(names: Iterable[str]) -> frozenset[str]:
    """What `Story.names` is to be: whom and what a story names, folded."""
    return frozenset(_folded(each).strip() for each in names)


def _folded(phrase: str) -> str:
    """The words of a phrase between spaces, so that no part of a word is found."""
    return f" {' '.join(tokenization.words(phrase))} "


def _is_fresh(story: Story, past: Past) -> bool:
    """Whether nothing of it was seen, and something came since."""
    if not past.articles.isdisjoint(story.articles):
        return False
    return story.reports[-1].at > past.since or story.changed_at > past.since


def _news(story: Story, past: Past, settings: DigestSettings) -> News | None:
    """What is new in a story that was seen; None if it was not, or too little is."""
    if past.articles.isdisjoint(story.articles):
        return None
    return news(story, past.articles, past.since, least=settings.news_outlets)


class _Spread:
    """Takes stories so that no event and no storyline gets a second card."""

    def __init__(self) -> None:
        self._taken: list[Story] = []
        self._below: dict[str, list[Story]] = {}

    def take(self, stories: Sequence[Story], most: int) -> list[Story]:
        """The first stories that are not told yet, at most so many; the next ones go below them."""
        chosen: list[Story] = []
        for place, story in enumerate(stories):
            if len(chosen) == most and place >= _FURTHER * most:
                break
            if twin := self._twin(story):
                if twin is not story and story not in (below := self._below[twin.id]):
                    below.append(story)
            elif len(chosen) < most:
                chosen.append(story)
                self._taken.append(story)
                self._below[story.id] = []
        return chosen

    def below(self, story: Story) -> list[Story]:
        """The stories that are told below this one."""
        return self._below[story.id][:_LINES]

    def _twin(self, story: Story) -> Story | None:
        for other in self._taken:
            if story.id == other.id or _of_one_saga(story, other):
                return other
            if story.words and _alike(story.words, other.words):
                return other
        return None


def _of_one_saga(one: Story, other: Story) -> bool:
    """Whether two stories share a storyline, and something that they are about.

    Storylines hold strangers, too: one that shares no keyword, no name and hardly a word of its headline
    would be hidden below a story that it has nothing to do with.
    """
    if not one.storyline or one.storyline != other.storyline:
        return False
    if not one.topics or not other.topics or not one.topics.isdisjoint(other.topics):
        return True
    return len(one.words & other.words) >= _TELLING_WORDS


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared >= _ALIKE * (len(one) + len(other) - shared)
