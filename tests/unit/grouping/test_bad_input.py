"""Odd input: no crash, no quadratic work, no story of everything."""

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
from service.domain.pairs.score import PairModel
from tests.support.content.events import (
    EVENTS,
    START,
    encoded,
    event_articles,
    grouping_settings,
    pair_model,
    story_settings,
)

SETTINGS = story_settings()
BOUNDED = replace(SETTINGS, grouping=grouping_settings(max_component=100))
WEEK = 7 * 24
MEGABYTE = 1 << 20
#: Pairs that an article is compared with at most: nearest vectors and sharers of rare words.
MOST = SETTINGS.candidates.neighbours + SETTINGS.candidates.shared_words
SYLLABLES = [f"{consonant}{vowel}" for consonant in "bdfgklmnprtvz" for vowel in "aeiou"]
VOCABULARY = [f"{first}{second}n" for first in SYLLABLES for second in SYLLABLES]


class Counted(PairModel):
    """`scored` notes how many pairs were scored, table by table."""

    scored: ClassVar[list[int]] = []

    def score_matrix(self, features: Features, rows: Rows, columns: Rows) -> Floats:
        self.scored.append(len(rows) * len(columns))
        return super().score_matrix(features, rows, columns)


@pytest.fixture
def counted() -> Iterator[Counted]:
    Counted.scored.clear()
    yield Counted.load(pair_model().dump())
    Counted.scored.clear()


def grouped(articles: Sequence[Article], vectors: Vectors | None = None) -> Grouping:
    return group_window(
        articles, vectors or encoded(articles), model=pair_model(), settings=SETTINGS
    )


def sizes(found: Grouping) -> list[int]:
    return sorted((len(ids) for ids in found.groups), reverse=True)


def events_of(found: Grouping) -> list[set[int]]:
    """Which events each group tells of, those of one article left out."""
    return [
        {key // 100 for key in ids if isinstance(key, int)} for ids in found.groups if len(ids) > 1
    ]


def strangers(count: int, published: datetime | None) -> list[Article]:
    """Reports that share a word here and there, as unrelated ones do."""
    chosen = random.Random(1)
    return [
        Article(10_000 + key, " ".join(chosen.sample(VOCABULARY, 7)), published=published)
        for key in range(count)
    ]


def copies_of_one(count: int) -> tuple[list[Article], Vectors]:
    """Articles that cannot be told apart; one vector is made, not as many as there are."""
    articles = [Article(key, EVENTS[0], f"{EVENTS[0]}. {EVENTS[1]}") for key in range(count)]
    return articles, encoded(articles[:1])[[0] * count]


def hourly(title: str, text: str = "", hours: int = WEEK) -> list[Article]:
    """What one outlet prints under the same headline every hour."""
    return [
        Article(1000 + hour, title, text, "radio", published=START + timedelta(hours=hour))
        for hour in range(hours)
    ]


def test_texts_under_empty_titles_are_grouped_by_what_they_say() -> None:
    found = grouped([replace(article, title="") for article in event_articles()])
    assert events_of(found) == [{event} for event in range(len(EVENTS))]


def test_one_word_titles_draw_nobody_together() -> None:
    words = ["Live", "Video", "Opinion", "Weather", "Earthquake", "Quiz", "Ferry", "Parliament"]
    single = [Article(1000 + key, word, published=START) for key, word in enumerate(words)]
    found = grouped([*single, *event_articles()])
    assert all(len(ids) == 1 for ids in found.groups if max(map(int, ids)) >= 1000)
    assert events_of(found) == [{event} for event in range(len(EVENTS))]


@pytest.mark.parametrize("title", ["Morning briefing", "LIVE: all the latest", "Weather", "Quiz"])
@pytest.mark.parametrize(
    "text", ["", "All that matters today, brought to you by our own reporters."]
)
def test_one_title_every_hour_draws_no_other_report_in(title: str, text: str) -> None:
    found = grouped([*hourly(title, text), *event_articles()])
    pages = set(range(1000, 1000 + WEEK))
    assert all(pages.issuperset(ids) or pages.isdisjoint(map(int, ids)) for ids in found.groups)
    assert events_of(found)[: len(EVENTS)] == [{event} for event in range(len(EVENTS))]


def test_pages_of_one_title_with_other_news_each_hour_are_no_story_of_the_week() -> None:
    """Each hour's text is about something else; the headline alone holds nothing together."""
    chosen = random.Random(2)
    pages = [replace(page, text=" ".join(chosen.sample(VOCABULARY, 25))) for page in hourly("Live")]
    assert sizes(grouped(pages))[0] <= WEEK / 7


@pytest.mark.slow
def test_ten_thousand_identical_articles_are_one_story() -> None:
    articles, vectors = copies_of_one(10_000)
    found = grouped(articles, vectors)
    assert sizes(found) == [10_000]
    assert len(found.pairs) <= MOST * 10_000


def test_identical_articles_are_scored_once_however_many_there_are(counted: Counted) -> None:
    for count in (500, 1000, 2000):
        articles, vectors = copies_of_one(count)
        found = group_window(articles, vectors, model=counted, settings=SETTINGS)
        assert len(found.pairs) <= MOST * count
        assert len(found.copies) == count - 1
    assert counted.scored == []


def test_twice_the_near_identical_articles_are_twice_the_work(counted: Counted) -> None:
    """What hangs together beyond the bound is compared in parts, so the work grows no faster."""
    work = []
    for count in (600, 1200):
        articles = [Article(key, f"{EVENTS[0]} {key}", published=START) for key in range(count)]
        found = group_window(articles, encoded(articles), model=counted, settings=BOUNDED)
        assert sizes(found)[0] <= 100
        assert len(found.pairs) <= MOST * count
        work.append(sum(counted.scored))
        assert work[-1] <= 100 * count
        counted.scored.clear()
    assert work[1] <= 2.5 * work[0]


def test_of_a_text_of_a_megabyte_only_the_beginning_counts() -> None:
    long = [
        replace(article, text=f"{article.text} {article.text * (MEGABYTE // len(article.text))}")
        for article in event_articles(each=2)
    ]
    short = [replace(article, text=article.text[:BODY_CHARACTERS]) for article in long]
    assert max(len(encoded_text(article)) for article in long) < BODY_CHARACTERS
    of_long, of_short = (TokenisedArticles.build(each, encoded(each)) for each in (long, short))
    assert (of_long.body.counts != of_short.body.counts).nnz == 0
    assert events_of(grouped(long)) == [{event} for event in range(len(EVENTS))]


def test_a_megabyte_without_a_space_does_no_harm() -> None:
    endless = [Article(key, "Report", "x" * MEGABYTE, published=START) for key in range(3)]
    assert sum(sizes(grouped([*endless, *event_articles()]))) == 3 + 4 * len(EVENTS)


def test_emoji_beside_words_change_nothing() -> None:
    plain = event_articles()
    loud = [replace(each, title=f"🚨🔥 {each.title} 👨‍👩‍👧‍👦 🗳️") for each in plain]
    assert grouped(loud).groups == grouped(plain).groups


SCRIPTS = {
    "ru": "паром сел на мель в гавани города Орлан, двенадцать пассажиров ранены",
    "ar": "البنك المركزي يرفع أسعار الفائدة لمواجهة التضخم في البلاد",
    "el": "πυρκαγιά κοντά στο όρος Σάρρο, τρία χωριά εκκενώνονται",
    "hi": "संसद ने किसानों के जल अधिकार पर विवादित कानून पारित किया",
    "he": "הפרלמנט אישר את חוק המים השנוי במחלוקת של החקלאים",
    "mixed": "Quillport Юнайтед κέρδισε το κύπελλο بعد ركلات الترجيح",
}


@pytest.mark.parametrize("known", [True, False])
def test_each_script_is_grouped_by_its_own_words(known: bool) -> None:  # noqa: FBT001
    articles = [
        Article(
            id=event * 100 + number,
            title=frame.format(title),
            outlet=f"outlet-{number}",
            published=START + timedelta(hours=number),
            lang=lang if known and lang != "mixed" else "",
        )
        for event, (lang, title) in enumerate(SCRIPTS.items())
        for number, frame in enumerate(("{}", "«{}»", "{} — 2"))
    ]
    assert events_of(grouped(articles)) == [{event} for event in range(len(SCRIPTS))]


@pytest.mark.parametrize(
    "title",
    ["\x00", "\u200b\u200f\u202e", "\ud800 lone surrogate", "e\u0301" * 400, "ﷺ" * 100, "\n\t\r"],
    ids=["nul", "invisible", "surrogate", "accents", "ligatures", "blank"],
)
def test_no_character_breaks_the_grouping(title: str) -> None:
    odd: list[Article] = [Article(1000 + key, title, title) for key in range(3)]
    found = grouped([*odd, *event_articles()])
    home: dict[ArticleId, int] = found.labels()
    assert len(home) == 3 + 4 * len(EVENTS)
    assert events_of(found)[: len(EVENTS)] == [{event} for event in range(len(EVENTS))]


@pytest.mark.parametrize("published", [None, START], ids=["no dates", "all equal"])
def test_dates_that_tell_nothing_make_no_story_of_everything(published: datetime | None) -> None:
    told = [replace(article, published=published) for article in event_articles()]
    found = grouped([*told, *strangers(300, published)])
    assert events_of(found)[: len(EVENTS)] == [{event} for event in range(len(EVENTS))]
    assert sizes(found)[0] == 4
