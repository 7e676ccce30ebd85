"""A summary does not quote a sentence that only restates the headline if another adds a fact."""

import pytest

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.stories.wording.sentences.repetition import Repetition
from service.domain.stories.wording.summary import summarise
from tests.support.content.vocabularies import vocabulary_of

#: Language, headline, a sentence that restates it, and one that adds a fact.
CASES = [
    (
        "en",
        "Ferry hits pier in Orlan harbour",
        "A ferry has hit the pier in the harbour of Orlan.",
        "Eleven passengers of the Orlan ferry were treated in hospital after it hit the pier.",
    ),
    (
        "de",
        "Fähre rammt Pier im Hafen von Orlan",
        "Im Hafen von Orlan hat eine Fähre den Pier gerammt.",
        "Elf Passagiere der Fähre wurden nach dem Unfall im Hafen im Krankenhaus behandelt.",
    ),
    (
        "fr",
        "Un ferry heurte une jetée dans le port d’Orlan",
        "Un ferry a heurté une jetée dans le port d’Orlan.",
        "Onze passagers du ferry ont été soignés à l’hôpital après le choc dans le port d’Orlan.",
    ),
    (
        "es",
        "Un ferri choca contra el muelle en el puerto de Orlan",
        "Un ferri ha chocado contra el muelle en el puerto de Orlan.",
        "Once pasajeros del ferri fueron atendidos en un hospital tras el choque en el puerto.",
    ),
    (
        "ru",
        "Паром врезался в причал в порту Орлана",
        "В порту Орлана паром врезался в причал у берега.",
        "Одиннадцать пассажиров парома доставили в больницу после аварии в порту Орлана.",
    ),
    (
        "pl",
        "Prom uderzył w pirs w porcie Orlan",
        "W porcie Orlan prom uderzył dziś w pirs.",
        "Jedenastu pasażerów promu trafiło do szpitala po wypadku w porcie Orlan.",
    ),
]


@pytest.mark.parametrize(("lang", "headline", "restating", "adding"), CASES)
def test_sentence_that_adds_a_fact_replaces_a_restating_one(
    lang: str, headline: str, restating: str, adding: str
) -> None:
    first = Article(1, headline, restating, outlet="one", lang=lang)
    second = Article(2, headline, f"{restating} {adding}", outlet="two", lang=lang)
    vocabulary = vocabulary_of(map(tokenization.lead_words, [first, second]))
    assert [q.text for q in summarise([first], vocabulary, headline=first)] == [restating]
    assert [q.text for q in summarise([first, second], vocabulary, headline=first)] == [adding]


def test_frequent_verbs_are_facts() -> None:
    headline = "Karsia and Dorvath ministers meet at Castelmar, border posts on the table"
    sentence = "The border posts will open within a week, the ministers agreed in Castelmar."
    repetition = Repetition(vocabulary_of([["posts"]]))
    assert repetition.adds_fact(f"{sentence[:-1]} near Tessen.", headline, "en")
    assert not repetition.adds_fact("The ministers met over the border posts.", headline, "en")


@pytest.mark.parametrize(("lang", "headline", "restating", "adding"), CASES)
def test_facts_are_new_words_names_and_numbers(
    lang: str, headline: str, restating: str, adding: str
) -> None:
    article = Article(1, headline, f"{restating} {adding}", lang=lang)
    repetition = Repetition(vocabulary_of([tokenization.lead_words(article)]))
    assert not repetition.adds_fact(restating, headline, lang)
    assert repetition.adds_fact(adding, headline, lang)
    assert repetition.adds_fact(f"{restating} 11.", headline, lang)
