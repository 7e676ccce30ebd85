"""Tests of sentences that repeat each other, and of weights of sentences."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from service.domain.stories.wording.figures import DatedText
from service.domain.stories.wording.sentences.repetition import Encode, Repetition
from service.domain.stories.wording.sentences.shared_facts import SharedFacts
from service.domain.stories.wording.sentences.weights import SentenceWeights
from tests.support.content.events import START
from tests.support.content.vocabularies import vocabulary_of

SUSPENDED = "The council of Orlan has suspended the ferry after the crash on Monday."
HALTED = "Local authorities stopped all boats following the harbour accident."
FINED = "A court fined the owner of the vessel nine thousand crowns for negligence."


NAMED = "Captain Mira Tolk, 41, steered the ferry of Orlan on Monday."
SHORTER = "The ferry of Orlan was suspended after crashing, the council said."


def alike(cosine: float) -> Encode:
    """An encoder that gives `SUSPENDED` and every other sentence this cosine."""
    other = np.array([cosine, np.sqrt(1 - cosine**2)])
    return lambda sentence, _language: np.array([1.0, 0.0]) if sentence == SUSPENDED else other


def adds(
    sentence: str,
    cosine: float | None = None,
    headline: str = "",
    window: Sequence[Sequence[str]] = (),
) -> bool:
    encode = None if cosine is None else alike(cosine)
    return Repetition(vocabulary_of(window), encode).adds(sentence, headline, [SUSPENDED], "en")


def test_sentence_with_the_same_words_or_meaning_adds_nothing() -> None:
    assert not adds(SHORTER)
    assert adds(HALTED)
    assert not adds(HALTED, 0.7)
    assert adds(FINED, 0.1)


def test_sentence_with_new_names_and_numbers_may_be_closer() -> None:
    assert adds(NAMED, 0.59)
    assert not adds(NAMED, 0.59, window=[["mira", "tolk", "41"]] * 10)
    assert not adds("The ferry service will stay closed after Monday's crash.", 0.6)


def test_sentence_with_the_same_meaning_adds_nothing_whatever_its_names_and_numbers() -> None:
    named = "Mayor Ilka Brenn and Captain Mira Tolk, 41, closed Pier 9 of Orlan on 3 June."
    assert adds(named, 0.65)
    assert not adds(named, 0.67)


def test_sentence_that_repeats_the_headline_adds_nothing() -> None:
    assert not adds(FINED, headline="Court fines owner of vessel for negligence")
    assert adds(FINED, headline="Ferry suspended")


def test_facts_are_words_that_reports_share() -> None:
    reports = [["ferry", "twelve", "gust"], ["ferry", "twelve", "pier"], ["ferry", "12", "12"]]
    facts = SharedFacts([*reports, ["ferry"]], vocabulary_of(reports))
    assert facts.value({"ferry"}) > facts.value({"twelve", "gust", "pier", "12"}) == 0
    assert SharedFacts([["ferry"]], vocabulary_of(reports)).value({"ferry"}) == 0


def weights(headline: str, *titles: str) -> SentenceWeights:
    dated = [DatedText(title, START + timedelta(hours=hour)) for hour, title in enumerate(titles)]
    return SentenceWeights(dated, dated, headline)


def test_expectation_loses_weight_when_later_titles_report_the_fact() -> None:
    titles = ("Captain expected to plead guilty", "Captain pleads guilty", "Ferry captain guilty")
    expected = DatedText("The captain is expected to plead guilty in Orlan.", START)
    fact = DatedText("The captain pleaded guilty in the court of Orlan.", START)
    assert weights("Captain pleads guilty", *titles).weigh(expected, 0) < 0.5
    assert weights("Captain pleads guilty", *titles).weigh(fact, 0) == 1
    assert weights("Captain to plead guilty", titles[0]).weigh(expected, 0) == 1


def test_sentence_without_the_result_of_the_headline_loses_weight() -> None:
    crash = DatedText("A ferry with eight passengers struck the pier of Orlan.", START)
    deaths = DatedText("A ferry struck the pier of Orlan, killing eight passengers.", START)
    both = weights("Ferry crash kills eight in Orlan")
    assert both.weigh(crash, 0) < both.weigh(deaths, 0) == 1
    assert weights("Паром столкнулся с причалом, погибли восемь человек").weigh(crash, 0) < 1
    leads = ["Ferry strikes pier", "Eight die on ferry", "Ferry crash: eight people died"]
    assert weights("Ferry strikes pier", *leads).weigh(crash, 0) < 1
