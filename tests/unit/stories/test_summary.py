"""Tests of the extractive summary."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles import tokenization
from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article
from service.domain.stories.summary import MAX_SENTENCES, Quote, summarise
from tests.support.content.vocabularies import vocabulary_of

COLLISION = "A ferry struck the pier of Orlan harbour on Monday evening, hurting twelve people."
CAPTAIN = "The captain told the harbour police that a gust had pushed the ferry against the pier."
INQUIRY = "Inspectors will examine the ferry's engines before Orlan harbour opens again."
MAYOR = "Orlan's mayor promised that the damaged pier would be rebuilt before the summer season."
TULIPS = "Tulips and roses flowered early in the gardens of the northern valleys this spring."


def reports(*texts: str) -> list[Article]:
    return [
        Article(key, "Ferry hits pier in Orlan", text, outlet=f"outlet{key}", lang="en")
        for key, text in enumerate(texts)
    ]


def summary_of(
    articles: list[Article], copies: set[int] | None = None, lang: str = ""
) -> list[Quote]:
    vocabulary = vocabulary_of(map(tokenization.lead_words, articles))
    return summarise(articles, vocabulary, copies or set(), lang)


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


def test_copies_are_not_quoted() -> None:
    result = summary_of(reports(COLLISION, CAPTAIN), copies={0})
    assert texts(result) == [CAPTAIN]


def test_only_reports_are_quoted() -> None:
    for kind in set(ArticleType) - {ArticleType.REPORT}:
        one, other = reports(COLLISION, CAPTAIN)
        assert texts(summary_of([replace(one, type=kind), other])) == [CAPTAIN]
        assert summary_of([replace(one, type=kind)]) == []


def test_truncated_sentence_is_the_last_resort() -> None:
    cut = "A ferry struck the pier of Orlan harbour on Monday evening, hurting…"
    assert texts(summary_of(reports(cut, CAPTAIN))) == [CAPTAIN]
    [alone] = summary_of(reports(cut))
    assert (alone.text, alone.complete) == (cut, False)


def test_context_dependent_sentences_only_fill_up() -> None:
    dependent = "But it was the ferry's third collision with the pier of Orlan harbour this year."
    assert dependent not in texts(summary_of(reports(COLLISION, CAPTAIN, dependent)))
    assert texts(summary_of(reports(COLLISION, dependent))) == [COLLISION, dependent]


def test_feed_boilerplate_is_not_quoted() -> None:
    for boilerplate in (
        "Continue reading about the ferry and the pier of Orlan harbour…",
        "Read more about the ferry that struck the pier of Orlan harbour.",
        "The post Ferry hits pier in Orlan harbour appeared first on Daily.",
        "Photo credit of the ferry and the pier: the harbour's own Anna Pell.",
        "Correspondent Anna Pell has more on the ferry and the pier of Orlan harbour.",
    ):
        assert summary_of(reports(boilerplate)) == []


def test_sentences_in_the_headline_language_take_precedence() -> None:
    turkish = (
        "Pazartesi akşamı Orlan limanında bir feribot iskeleye çarptı ve on iki kişi yaralandı."
    )
    articles = [*reports(COLLISION, CAPTAIN), Article(9, "t", turkish, outlet="liman", lang="tr")]
    assert turkish not in texts(summary_of(articles, lang="en"))
    assert texts(summary_of(articles, lang="tr")) == [turkish]
    assert len(summary_of(articles, lang="de")) >= 2


def test_no_informative_sentence_gives_an_empty_summary() -> None:
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
