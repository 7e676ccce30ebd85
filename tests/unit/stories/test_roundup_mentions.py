"""Tests of the search for stories that a round-up mentions."""

import pytest

from service.domain.articles import tokenization
from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article
from service.domain.pairs.vocabulary import Vocabulary
from service.domain.stories.roundup_mentions import (
    RoundupMention,
    find_roundup_mentions,
    split_segments,
)
from tests.support.content.events import EVENTS, event_articles
from tests.support.content.vocabularies import vocabulary_of

FERRY, BANK, FIRE, CUP, WATER = (f"story {event}" for event in range(len(EVENTS)))


def stories() -> dict[str, list[Article]]:
    members: dict[str, list[Article]] = {}
    for article in event_articles():
        members.setdefault(f"story {int(article.id) // 100}", []).append(article)
    return members


def vocabulary() -> Vocabulary:
    return vocabulary_of(map(tokenization.lead_words, event_articles()))


def briefing(title: str, text: str = "") -> Article:
    return Article(900, title, text, "briefer", type=ArticleType.ROUNDUP)


def mentions_in(title: str, text: str = "") -> list[RoundupMention]:
    return find_roundup_mentions([briefing(title, text)], stories(), vocabulary())[900]


def test_each_headline_mentions_its_story() -> None:
    found = mentions_in(
        "Ferry hits pier in Lake Orlan harbour; Velmark central bank raises interest rate",
        "Plus: Quillport United wins the national cup. Tulips flower early in the valleys.",
    )
    assert [(each.story, each.segment) for each in found] == [
        (FERRY, "Ferry hits pier in Lake Orlan harbour"),
        (BANK, "Velmark central bank raises interest rate"),
        (CUP, "Plus: Quillport United wins the national cup."),
    ]
    assert all(each.cosine >= 0.4 for each in found)


def test_a_story_is_mentioned_once() -> None:
    found = mentions_in("Morning briefing", f"{EVENTS[2]}. Wildfire near Monte Sarro spreads.")
    assert [each.story for each in found] == [FIRE]


@pytest.mark.parametrize(
    "sentence",
    [
        "Good morning, here is the news of Tuesday",
        "A ferry timetable for the harbour of Port Ellery was published",
        "Villages vote on a new bank",
        "",
    ],
)
def test_few_shared_words_are_no_mention(sentence: str) -> None:
    assert mentions_in(sentence) == []


def test_two_equally_near_stories_are_no_mention() -> None:
    members = stories()
    members["again"] = members[FERRY]
    assert find_roundup_mentions([briefing(EVENTS[0])], members, vocabulary()) == {900: []}
    del members["again"]
    [mention] = find_roundup_mentions([briefing(EVENTS[0])], members, vocabulary())[900]
    assert mention.story == FERRY


def test_round_ups_are_searched_independently() -> None:
    others = [briefing(EVENTS[4]), Article("b", EVENTS[3]), Article("empty", "")]
    found = find_roundup_mentions(others, stories(), vocabulary())
    assert {key: [each.story for each in value] for key, value in found.items()} == {
        900: [WATER],
        "b": [CUP],
        "empty": [],
    }


def test_nothing_to_search() -> None:
    assert find_roundup_mentions([], stories(), vocabulary()) == {}
    assert find_roundup_mentions([briefing(EVENTS[0])], {}, vocabulary()) == {900: []}


def test_segments_are_headlines_and_sentences() -> None:
    article = briefing(
        "Bank cuts &amp; storm | Evening news", "One thing. Two &#8217; ▪ Three – four…"
    )
    assert split_segments(article) == [
        "Bank cuts & storm", "Evening news", "One thing.", "Two ’", "Three", "four",
    ]  # fmt: skip
