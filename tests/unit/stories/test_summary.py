from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.stories.summary import MAX_SENTENCES, Quote, summarise
from tests.support.content.vocabularies import vocabulary_of

COLLISION = "A ferry struck the pier of Orlan harbour on Monday evening, hurting twelve people."
CAPTAIN = "The captain told the harbour police that a gust had pushed the ferry against the pier."
INQUIRY = "Inspectors will examine the ferry's engines before Orlan harbour opens again."
MAYOR = "Orlan's mayor promised that the damaged pier would be rebuilt before the summer season."
TULIPS = "Tulips and roses flowered early in the gardens of the northern valleys this spring."


def told(*texts: str) -> list[Article]:
    return [
        Article(key, "Ferry hits pier in Orlan", words, outlet=f"outlet{key}", lang="en")
        for key, words in enumerate(texts)
    ]


def summed(articles: list[Article], copies: set[int] | None = None, lang: str = "") -> list[Quote]:
    vocabulary = vocabulary_of(map(tokenization.lead_words, articles))
    return summarise(articles, vocabulary, copies or set(), lang)


def texts(quotes: list[Quote]) -> list[str]:
    return [quote.text for quote in quotes]


def test_a_summary_takes_sentences_of_different_outlets() -> None:
    articles = told(f"{COLLISION} {CAPTAIN}", CAPTAIN, INQUIRY, MAYOR)
    found = summed(articles)
    assert 2 <= len(found) <= MAX_SENTENCES
    assert len({quote.outlet for quote in found}) == len(found)
    assert all(quote.complete for quote in found)


def test_what_says_the_same_is_said_once() -> None:
    assert texts(summed(told(COLLISION, COLLISION, CAPTAIN))).count(COLLISION) == 1


def test_one_outlet_gives_one_sentence() -> None:
    articles = [replace(each, outlet="only") for each in told(COLLISION, CAPTAIN, MAYOR)]
    assert len(summed(articles)) == 1


def test_what_lies_far_from_the_story_stays_out() -> None:
    found = summed(told(COLLISION, CAPTAIN, INQUIRY, TULIPS))
    assert TULIPS not in texts(found)


def test_copies_are_not_quoted() -> None:
    found = summed(told(COLLISION, CAPTAIN), copies={0})
    assert texts(found) == [CAPTAIN]


def test_cut_sentences_are_quoted_only_where_nothing_else_is() -> None:
    cut = "A ferry struck the pier of Orlan harbour on Monday evening, hurting…"
    assert texts(summed(told(cut, CAPTAIN))) == [CAPTAIN]
    [alone] = summed(told(cut))
    assert (alone.text, alone.complete) == (cut, False)


def test_sentences_that_lean_on_others_only_help_out() -> None:
    leaning = "But it was the ferry's third collision with the pier of Orlan harbour this year."
    assert leaning not in texts(summed(told(COLLISION, CAPTAIN, leaning)))
    assert texts(summed(told(COLLISION, leaning))) == [COLLISION, leaning]


def test_furniture_of_feeds_is_no_sentence() -> None:
    for furniture in (
        "Continue reading about the ferry and the pier of Orlan harbour…",
        "Read more about the ferry that struck the pier of Orlan harbour.",
        "The post Ferry hits pier in Orlan harbour appeared first on Daily.",
        "Photo credit of the ferry and the pier: the harbour's own Anna Pell.",
        "Correspondent Anna Pell has more on the ferry and the pier of Orlan harbour.",
    ):
        assert summed(told(furniture)) == []


def test_sentences_in_the_language_of_the_headline_come_first() -> None:
    turkish = (
        "Pazartesi akşamı Orlan limanında bir feribot iskeleye çarptı ve on iki kişi yaralandı."
    )
    articles = [*told(COLLISION, CAPTAIN), Article(9, "t", turkish, outlet="liman", lang="tr")]
    assert turkish not in texts(summed(articles, lang="en"))
    assert texts(summed(articles, lang="tr")) == [turkish]
    assert len(summed(articles, lang="de")) >= 2


def test_nothing_to_quote_is_no_summary() -> None:
    assert summed(told("", "Ferry.")) == []


@given(st.permutations(range(4)))
def test_the_order_of_articles_changes_nothing(order: list[int]) -> None:
    articles = told(f"{COLLISION} {CAPTAIN}", CAPTAIN, INQUIRY, MAYOR)
    assert summed([articles[row] for row in order]) == summed(articles)


@given(st.lists(st.text(alphabet="abc ABC.…!\n", max_size=120), min_size=1, max_size=5))
def test_every_sentence_stands_word_for_word_in_its_article(leads: list[str]) -> None:
    articles = told(*leads)
    for quote in summed(articles):
        assert quote.text in articles[int(quote.article)].text
        assert quote.outlet == articles[int(quote.article)].outlet
