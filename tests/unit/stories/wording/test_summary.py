"""Tests of the extractive summary."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles import tokenization
from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, ArticleId
from service.domain.stories.wording.summary import MAX_SENTENCES, Quote, summarise
from tests.support.content.events import START
from tests.support.content.vocabularies import vocabulary_of

COLLISION = (
    "A ferry struck the pier of Orlan harbour on Monday evening, hurting passengers on deck."
)
CAPTAIN = "The Orlan captain told harbour police that a gust had pushed the ferry against the pier."
INQUIRY = "Inspectors will examine the ferry's engines before Orlan harbour opens again."
MAYOR = "Orlan's mayor promised that the damaged pier would be rebuilt before the summer season."
TULIPS = "Tulips and roses flowered early in the gardens of the northern valleys this spring."


def reports(*texts: str) -> list[Article]:
    return [
        Article(key, "Ferry hits pier in Orlan", text, outlet=f"outlet{key}", lang="en")
        for key, text in enumerate(texts)
    ]


def summary_of(
    articles: list[Article],
    copies: set[int] | None = None,
    headline: Article | None = None,
    reported_at: Mapping[ArticleId, datetime] | None = None,
) -> list[Quote]:
    vocabulary = vocabulary_of(map(tokenization.lead_words, articles))
    return summarise(articles, vocabulary, copies or set(), headline, reported_at=reported_at or {})


def texts(quotes: list[Quote]) -> list[str]:
    return [quote.text for quote in quotes]


def test_sentences_come_from_different_outlets() -> None:
    articles = reports(f"{COLLISION} {CAPTAIN}", CAPTAIN, INQUIRY, MAYOR)
    result = summary_of(articles)
    assert 2 <= len(result) <= MAX_SENTENCES
    assert len({quote.outlet for quote in result}) == len(result)
    assert all(quote.complete for quote in result)


def test_repeated_sentences_are_quoted_once() -> None:
    assert texts(summary_of(reports(COLLISION, COLLISION, CAPTAIN))).count(COLLISION) == 1


def test_single_outlet_contributes_one_sentence() -> None:
    articles = [replace(each, outlet="only") for each in reports(COLLISION, CAPTAIN, MAYOR)]
    assert len(summary_of(articles)) == 1


def test_off_topic_sentences_are_excluded() -> None:
    result = summary_of(reports(COLLISION, CAPTAIN, INQUIRY, TULIPS))
    assert TULIPS not in texts(result)


def test_sentence_about_another_event_is_not_quoted_even_without_another() -> None:
    assert texts(summary_of(reports(TULIPS, CAPTAIN))) == [CAPTAIN]
    assert summary_of(reports(TULIPS, "")) == []


def test_definite_subject_needs_an_introduction() -> None:
    bare = CAPTAIN.replace("The Orlan captain", "The captain").replace("harbour", "Orlan")
    articles = reports(COLLISION, bare)
    assert texts(summary_of(articles, headline=articles[0])) == [COLLISION]
    introduced = replace(articles[0], title="Captain blames gust after ferry hits pier in Orlan")
    assert bare in texts(summary_of([introduced, articles[1]], headline=introduced))


def test_copies_are_not_quoted() -> None:
    result = summary_of(reports(COLLISION, CAPTAIN), copies={0})
    assert texts(result) == [CAPTAIN]


def test_only_reports_are_quoted() -> None:
    for kind in set(ArticleType) - {ArticleType.REPORT}:
        one, other = reports(COLLISION, CAPTAIN)
        assert texts(summary_of([replace(one, type=kind), other])) == [CAPTAIN]
        assert summary_of([replace(one, type=kind)]) == []


def test_quote_has_language_and_time_of_its_report() -> None:
    early, late = START, START + timedelta(hours=3)
    articles = [replace(each, published=early) for each in reports(COLLISION, CAPTAIN)]
    first, second = sorted(
        summary_of(articles, reported_at={1: late}), key=lambda quote: int(quote.article)
    )
    assert (first.at, second.at) == (early, late)
    assert {first.lang, second.lang} == {"en"}


TOLL = (
    ("At least eight people died when the Tamor burst its banks, police in Orlan said.", 0),
    ("The Tamor flood near Orlan has killed 57 people, the home ministry of Karsia said.", 8),
    ("Rescuers from Karsia dug through mud in Orlan after the flood of the Tamor river.", 9),
    ("More than 150 people are now known to have died in the Tamor flood near Orlan.", 20),
)


def test_only_the_latest_figure_is_quoted() -> None:
    articles = [
        replace(article, title="Tamor flood near Orlan", published=START + timedelta(hours=hours))
        for article, (_, hours) in zip(reports(*(text for text, _ in TOLL)), TOLL, strict=True)
    ]
    quoted = texts(summary_of(articles))
    assert quoted[0] == TOLL[3][0]
    assert not {TOLL[0][0], TOLL[1][0]} & set(quoted)


def test_figure_of_a_title_supersedes_earlier_sentences() -> None:
    first, last = reports(TOLL[1][0], TOLL[2][0])
    articles = [
        replace(first, title="Tamor flood near Orlan", published=START),
        replace(last, title="Flood near Orlan: toll at 171", published=START + timedelta(hours=9)),
    ]
    assert texts(summary_of(articles)) == [TOLL[2][0]]


@pytest.mark.parametrize(
    ("lang", "title", "sentence", "other"),
    [
        (
            "zh",
            "台风登陆吕宋岛",
            "台风周六清晨在吕宋岛登陆，数千人被转移到避难所。",
            "气象局说，台风在吕宋岛登陆时风速达每小时一百八十公里。",
        ),
        (
            "ja",
            "台風がルソン島に上陸",
            "台風は土曜日の早朝にルソン島に上陸し、数千人が避難した。",
            "気象当局によると、台風はルソン島に上陸した際、強い風を伴っていた。",
        ),
        (
            "th",
            "พายุไต้ฝุ่นขึ้นฝั่งเกาะลูซอน",
            "พายุไต้ฝุ่นขึ้นฝั่งเกาะลูซอนเมื่อเช้าวันเสาร์ ประชาชนหลายพันคนถูกอพยพ",
            "กรมอุตุนิยมวิทยากล่าวว่าพายุไต้ฝุ่นที่ขึ้นฝั่งเกาะลูซอนมีความเร็วลมสูง",
        ),
    ],
)
def test_scripts_without_spaces_have_summaries(
    lang: str, title: str, sentence: str, other: str
) -> None:
    articles = [
        Article(key, title, text, outlet=f"outlet{key}", lang=lang)
        for key, text in enumerate((sentence, other))
    ]
    result = summary_of(articles, headline=articles[0])
    assert sentence in texts(result)
    assert {quote.lang for quote in result} == {lang}


def test_sentences_in_the_headline_language_take_precedence() -> None:
    turkish = (
        "Pazartesi akşamı Orlan limanında bir feribot iskeleye çarptı ve on iki kişi yaralandı."
    )
    title = "Orlan limanında feribot iskeleye çarptı"
    articles = [*reports(COLLISION, CAPTAIN), Article(9, title, turkish, outlet="liman", lang="tr")]
    assert turkish not in texts(summary_of(articles, headline=Article(0, "", lang="en")))
    assert texts(summary_of(articles, headline=Article(0, "", lang="tr"))) == [turkish]
    assert len(summary_of(articles, headline=Article(0, "", lang="de"))) >= 2


def test_no_quotable_sentence_gives_an_empty_summary() -> None:
    assert summary_of(reports("", "Ferry.")) == []


@given(st.permutations(range(4)))
def test_summary_is_independent_of_article_order(order: list[int]) -> None:
    articles = reports(f"{COLLISION} {CAPTAIN}", CAPTAIN, INQUIRY, MAYOR)
    assert summary_of([articles[row] for row in order]) == summary_of(articles)


@given(st.lists(st.text(alphabet="abc ABC.…!\n", max_size=120), min_size=1, max_size=5))
def test_every_quote_is_verbatim(leads: list[str]) -> None:
    articles = reports(*leads)
    for quote in summary_of(articles):
        assert quote.text in articles[int(quote.article)].text
        assert quote.outlet == articles[int(quote.article)].outlet


def test_surname_without_introduction_is_not_quoted() -> None:
    bare = "Harbour records show that Karsia had steered the Orlan ferry for nine years."
    title = "Ferry of Sarah Karsia hits pier in Orlan"
    [other, story] = reports(bare, "")
    named = replace(other, title=title)
    unnamed = replace(story, text="Officers questioned Sarah Karsia, 41.")
    vocabulary = vocabulary_of([["ferry"]])
    assert texts(summarise([named], vocabulary, headline=named)) == [bare]
    assert summarise([other, unnamed], vocabulary, headline=unnamed) == []
