"""Grouping of unusual input: no crash, no quadratic work, no giant story."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

import pytest

from service.domain.articles.model import Article, ArticleId, Floats, Rows, Vectors
from service.domain.articles.tokenization import BODY_CHARACTERS, encoded_text
from service.domain.grouping.window import Grouping, group_window
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.scoring.score import PairModel
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    merge_model,
    pair_model,
    story_settings,
)

SETTINGS = story_settings()
BOUNDED = replace(SETTINGS, grouping=grouping_settings(max_component=100))
WEEK = 7 * 24
MEGABYTE = 1 << 20
#: Pairs that an article is compared with at most: nearest vectors and sharers of rare words.
MAX_CANDIDATES = SETTINGS.candidates.neighbours + SETTINGS.candidates.shared_words
SYLLABLES = [f"{consonant}{vowel}" for consonant in "bdfgklmnprtvz" for vowel in "aeiou"]
VOCABULARY = [f"{first}{second}n" for first in SYLLABLES for second in SYLLABLES]


class CountingModel(PairModel):
    """A pair model that records in `scored` the size of each score matrix."""

    scored: ClassVar[list[int]] = []

    def score_matrix(self, features: Features, rows: Rows, columns: Rows) -> Floats:
        self.scored.append(len(rows) * len(columns))
        return super().score_matrix(features, rows, columns)


@pytest.fixture
def counting_model() -> Iterator[CountingModel]:
    CountingModel.scored.clear()
    yield CountingModel.load(pair_model().dump())
    CountingModel.scored.clear()


def group(articles: Sequence[Article], vectors: Vectors | None = None) -> Grouping:
    return group_window(
        articles,
        vectors or encoded(articles),
        model=pair_model(),
        merge_model=merge_model(),
        settings=SETTINGS,
    )


def sizes(grouping: Grouping) -> list[int]:
    return sorted((len(ids) for ids in grouping.groups), reverse=True)


def events_of(grouping: Grouping) -> list[set[int]]:
    """The events of each group, without groups of one article."""
    return [
        {key // 100 for key in ids if isinstance(key, int)}
        for ids in grouping.groups
        if len(ids) > 1
    ]


def unrelated_articles(count: int, published: datetime | None) -> list[Article]:
    """Unrelated reports that share a few words."""
    chosen = random.Random(1)
    return [
        Article(10_000 + key, " ".join(chosen.sample(VOCABULARY, 7)), published=published)
        for key in range(count)
    ]


def copies_of_one(count: int) -> tuple[list[Article], Vectors]:
    """Identical articles; only one of them is encoded."""
    articles = [Article(key, EVENTS[0], f"{EVENTS[0]}. {EVENTS[1]}") for key in range(count)]
    return articles, encoded(articles[:1])[[0] * count]


def hourly(title: str, text: str = "", hours: int = WEEK) -> list[Article]:
    """Articles that one outlet publishes hourly under one headline."""
    return [
        Article(1000 + hour, title, text, "radio", published=START + timedelta(hours=hour))
        for hour in range(hours)
    ]


def test_articles_without_titles_are_grouped_by_text() -> None:
    grouping = group([replace(article, title="") for article in event_articles()])
    assert events_of(grouping) == [{event} for event in range(len(EVENTS))]


def test_one_word_titles_do_not_merge_articles() -> None:
    words = ["Live", "Video", "Opinion", "Weather", "Earthquake", "Quiz", "Ferry", "Parliament"]
    single = [Article(1000 + key, word, published=START) for key, word in enumerate(words)]
    grouping = group([*single, *event_articles()])
    assert all(len(ids) == 1 for ids in grouping.groups if max(map(int, ids)) >= 1000)
    assert events_of(grouping) == [{event} for event in range(len(EVENTS))]


@pytest.mark.parametrize("title", ["Morning briefing", "LIVE: all the latest", "Weather", "Quiz"])
@pytest.mark.parametrize(
    "text", ["", "All that matters today, brought to you by our own reporters."]
)
def test_hourly_title_does_not_attract_other_reports(title: str, text: str) -> None:
    grouping = group([*hourly(title, text), *event_articles()])
    pages = set(range(1000, 1000 + WEEK))
    assert all(pages.issuperset(ids) or pages.isdisjoint(map(int, ids)) for ids in grouping.groups)
    assert events_of(grouping)[: len(EVENTS)] == [{event} for event in range(len(EVENTS))]


def test_hourly_pages_with_different_texts_form_no_large_story() -> None:
    """Each hour's text has another topic; the headline alone must not connect them."""
    chosen = random.Random(2)
    pages = [replace(page, text=" ".join(chosen.sample(VOCABULARY, 25))) for page in hourly("Live")]
    assert sizes(group(pages))[0] <= WEEK / 7


def test_thousands_of_identical_articles_form_one_story() -> None:
    articles, vectors = copies_of_one(3000)
    assert sizes(group(articles, vectors)) == [3000]


def test_identical_articles_are_scored_once(counting_model: CountingModel) -> None:
    for count in (500, 1000, 2000):
        articles, vectors = copies_of_one(count)
        grouping = group_window(
            articles, vectors, model=counting_model, merge_model=merge_model(), settings=SETTINGS
        )
        assert len(grouping.pairs) <= MAX_CANDIDATES * count
        assert len(grouping.copies) == count - 1
    assert counting_model.scored == []


def test_scoring_near_identical_articles_takes_linear_time(counting_model: CountingModel) -> None:
    """Components above the bound are scored in parts, so the work is linear."""
    work = []
    for count in (600, 1200):
        articles = [Article(key, f"{EVENTS[0]} {key}", published=START) for key in range(count)]
        grouping = group_window(
            articles,
            encoded(articles),
            model=counting_model,
            merge_model=merge_model(),
            settings=BOUNDED,
        )
        assert sizes(grouping)[0] <= 100
        assert len(grouping.pairs) <= MAX_CANDIDATES * count
        work.append(sum(counting_model.scored))
        assert work[-1] <= 100 * count
        counting_model.scored.clear()
    assert work[1] <= 2.5 * work[0]


def test_only_the_beginning_of_a_megabyte_text_is_used() -> None:
    long = [
        replace(article, text=f"{article.text} {article.text * (MEGABYTE // len(article.text))}")
        for article in event_articles(each=2)
    ]
    short = [replace(article, text=article.text[:BODY_CHARACTERS]) for article in long]
    assert max(len(encoded_text(article)) for article in long) < BODY_CHARACTERS
    of_long, of_short = (TokenisedArticles.build(each, encoded(each)) for each in (long, short))
    assert (of_long.body.counts != of_short.body.counts).nnz == 0
    assert events_of(group(long)) == [{event} for event in range(len(EVENTS))]


def test_megabyte_without_spaces_is_grouped() -> None:
    endless = [Article(key, "Report", "x" * MEGABYTE, published=START) for key in range(3)]
    assert sum(sizes(group([*endless, *event_articles()]))) == 3 + 4 * len(EVENTS)


def test_emoji_do_not_change_groups() -> None:
    plain = event_articles()
    loud = [replace(each, title=f"🚨🔥 {each.title} 👨‍👩‍👧‍👦 🗳️") for each in plain]
    assert group(loud).groups == group(plain).groups


SCRIPTS = {
    "ru": "паром сел на мель в гавани города Орлан, двенадцать пассажиров ранены",
    "ar": "البنك المركزي يرفع أسعار الفائدة لمواجهة التضخم في البلاد",
    "el": "πυρκαγιά κοντά στο όρος Σάρρο, τρία χωριά εκκενώνονται",
    "hi": "संसद ने किसानों के जल अधिकार पर विवादित कानून पारित किया",
    "he": "הפרלמנט אישר את חוק המים השנוי במחלוקת של החקלאים",
    "mixed": "Quillport Юнайтед κέρδισε το κύπελλο بعد ركلات الترجيح",
}


@pytest.mark.parametrize("declared", [True, False])
def test_articles_in_each_script_are_grouped(declared: bool) -> None:  # noqa: FBT001
    articles = [
        Article(
            id=event * 100 + number,
            title=frame.format(title),
            outlet=f"outlet-{number}",
            published=START + timedelta(hours=number),
            lang=lang if declared and lang != "mixed" else "",
        )
        for event, (lang, title) in enumerate(SCRIPTS.items())
        for number, frame in enumerate(("{}", "«{}»", "{} — 2"))
    ]
    assert events_of(group(articles)) == [{event} for event in range(len(SCRIPTS))]


@pytest.mark.parametrize(
    "title",
    ["\x00", "\u200b\u200f\u202e", "\ud800 lone surrogate", "e\u0301" * 400, "ﷺ" * 100, "\n\t\r"],
    ids=["nul", "invisible", "surrogate", "accents", "ligatures", "blank"],
)
def test_unusual_characters_are_grouped(title: str) -> None:
    odd: list[Article] = [Article(1000 + key, title, title) for key in range(3)]
    grouping = group([*odd, *event_articles()])
    group_of: dict[ArticleId, int] = grouping.labels()
    assert len(group_of) == 3 + 4 * len(EVENTS)
    assert events_of(grouping)[: len(EVENTS)] == [{event} for event in range(len(EVENTS))]


@pytest.mark.parametrize("published", [None, START], ids=["no dates", "all equal"])
def test_uninformative_dates_do_not_merge_all_articles(published: datetime | None) -> None:
    articles = [replace(article, published=published) for article in event_articles()]
    grouping = group([*articles, *unrelated_articles(300, published)])
    assert events_of(grouping)[: len(EVENTS)] == [{event} for event in range(len(EVENTS))]
    assert sizes(grouping)[0] == 4
