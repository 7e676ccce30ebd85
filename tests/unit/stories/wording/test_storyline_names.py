"""Tests of the names of storylines."""

import pytest

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.stories.wording.storyline_names import name_storyline
from tests.support.content.vocabularies import vocabulary_of

LEAD = "Ministers spoke about the talks. The normalisation of ties is a goal of the talks."


def name_of(*stories: tuple[str, ...], lang: str = "en", lead: str = LEAD) -> str:
    members = [
        [Article(f"{number}-{at}", title, lead, lang=lang) for at, title in enumerate(titles)]
        for number, titles in enumerate(stories)
    ]
    articles = [article for story in members for article in story]
    return name_storyline(members, vocabulary_of(map(tokenization.lead_words, articles)))


def test_name_is_the_phrase_that_the_titles_share() -> None:
    name = name_of(
        ("Karsian–Dorvathi normalisation talks begin in Castelmar",),
        ("Third round of Karsian–Dorvathi normalisation talks ends",),
        ("Why the Karsian–Dorvathi normalisation talks matter", "Talks resume"),
    )
    assert name == "Karsian Dorvathi normalisation talks"


def test_noun_completes_a_name() -> None:
    name = name_of(
        ("Anna Pell trial opens in Orlan", "Jury chosen in trial of Anna Pell"),
        ("Sister of Anna Pell testifies at trial",),
        ("Anna Pell breaks down as her trial goes on",),
        lead="Anna Pell is accused. The trial of Anna Pell goes on.",
    )
    assert name == "Anna Pell trial"


def test_name_has_the_language_of_most_stories() -> None:
    name = name_of(
        ("Паром столкнулся с причалом в Орлане",),
        ("Паром Орлана вернулся в порт",),
        lang="ru",
        lead="Паром шёл в порт.",
    )
    assert "аром" in name


def test_titles_without_a_shared_word_are_named_by_their_texts() -> None:
    assert name_of(("Why do ships sink?",), ("Ferry strikes pier",)) == "Goal of the talks"


def test_a_source_that_texts_quote_names_no_storyline() -> None:
    lead = "The Ministry of Health said so. Hospitals count new cases of river fever each day."
    name = name_of(("Orlan has 51 new patients",), ("Waiting room full in Velm",), lead=lead)
    assert name == "River fever"


def test_stories_without_any_shared_word_are_named_after_both() -> None:
    name = name_of(("Why do ships sink?",), ("Ferry strikes pier",), lead="")
    assert len(name.split(" – ")) == 2
    assert name not in {"Why do ships sink?", "Ferry strikes pier"}


def test_name_is_never_the_phrase_of_one_story() -> None:
    name = name_of(
        ("Pell Bridge collapse inquiry opens", "Pell Bridge collapse inquiry hears engineer"),
        ("Mayor of Orlan resigns over bridge",),
        lead="",
    )
    assert "collapse" not in name
    assert "bridge" in name.lower()


def test_name_ends_with_a_noun_and_contains_no_verb() -> None:
    name = name_of(
        ("Karsia sends economic envoys to Dorvath",),
        ("Dorvath and Karsia step up economic pressure",),
        lead="Karsia sends economic pressure to Dorvath. The pressure of Karsia on it grew.",
    )
    assert not name.endswith("economic")
    assert "sends" not in name


def test_stories_in_two_languages_share_a_name() -> None:
    german = [Article("g", "Castelmar berät über Grenze", "In Castelmar.", lang="de")]
    english = [Article("e", "Castelmar debates border", "Talks in Castelmar.", lang="en")]
    vocabulary = vocabulary_of([["castelmar"]])
    assert "Castelmar" in name_storyline([german, english], vocabulary)


@pytest.mark.parametrize("titles", [((""), ("")), (("...",), ("!",))])
def test_name_is_never_empty(titles: tuple[tuple[str, ...], ...]) -> None:
    assert name_of(*titles, lead="")
    assert name_of(("",), ("",), lead="") == "Untitled"


def test_participle_and_verb_do_not_complete_a_name() -> None:
    name = name_of(
        ("Orlan Sends Ferry to Dorvath Coast Guard", "Ferry strike planned in Orlan"),
        ("Orlan sends envoys over detained ferry crew",),
        lead="A strike of the ferry crew is planned.",
    )
    assert "ends" not in name
    assert "detained" not in name


def test_country_in_initials_completes_a_noun() -> None:
    name = name_of(
        ("U.S. debt tops a record", "Why the debt grows"),
        ("The U.S. debt and your mortgage",),
        lead="The growth of the U.S. debt goes on.",
    )
    assert name == "U.S. debt"
