from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles.capitals import capitalised_words
from service.domain.articles.model import Article
from service.domain.articles.tokenization import (
    BODY_CHARACTERS,
    LEAD_CHARACTERS,
    ArticleTokens,
    lead_words,
    spellings,
    title_words,
    words_of,
)

#: Parts of texts: words, spaces, marks that combine with the character before, and long runs.
PARTS = st.sampled_from(
    [
        "Ama's",
        "U.S.",
        "3,500",
        "é",
        "e\u0301",
        " \u0301",
        "\u0301",
        " ",
        "  ",
        "\n",
        "\u00a8",
        "x" * 650,
    ]
)


@given(st.lists(PARTS, max_size=12), st.lists(PARTS, max_size=40))
def test_tokens_are_the_words_of_title_lead_and_body(title: list[str], text: list[str]) -> None:
    article = Article(1, "".join(title), "".join(text))
    tokens = ArticleTokens.build(article)
    assert words_of(tokens.title) == title_words(article)
    assert words_of(tokens.title, tokens.lead) == lead_words(article)
    assert tokens.lead == list(spellings(article.text[:LEAD_CHARACTERS]))
    assert tokens.body == list(spellings(article.text[:BODY_CHARACTERS]))


def test_word_at_the_end_of_the_lead_is_whole_in_the_body() -> None:
    text = "a " * (LEAD_CHARACTERS // 2 - 2) + "Flooding in Kent"
    tokens = ArticleTokens.build(Article(1, "Storm", text))
    assert tokens.lead[-1] == ("floo", "Floo")
    assert words_of(tokens.body)[-3:] == ["flooding", "in", "kent"]


def test_capitalised_words_are_those_of_title_and_lead() -> None:
    tokens = ArticleTokens.build(Article(1, "Storm hits Kenyan coast", "Rain fell in Mombasa."))
    assert capitalised_words(tokens) == {"storm", "kenya", "rain", "mombasa"}
