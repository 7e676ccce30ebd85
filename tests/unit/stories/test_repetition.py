"""Tests of sentences that repeat each other, and of weights of sentences."""

from datetime import timedelta

import numpy as np

from service.domain.articles.model import Floats
from service.domain.stories.wording.figures import DatedText
from service.domain.stories.wording.sentences.repetition import Repetition
from service.domain.stories.wording.sentences.weights import SentenceWeights
from tests.support.content.events import START

SUSPENDED = "The council of Orlan has suspended the ferry after the crash on Monday."
HALTED = "Local authorities stopped all boats following the harbour accident."
FINED = "A court fined the owner of the vessel nine thousand crowns for negligence."


def by_meaning(sentence: str, _language: str) -> Floats:
    """Equal vectors for the two sentences about the stop, another one for the fine."""
    return np.array([0.0, 1.0] if sentence == FINED else [1.0, 0.0])


def test_sentences_with_the_same_words_repeat_each_other() -> None:
    shorter = "The ferry of Orlan was suspended after crashing."
    assert Repetition().repeats(SUSPENDED, shorter, "en")
    assert not Repetition().repeats(SUSPENDED, HALTED, "en")


def test_sentences_with_the_same_meaning_repeat_each_other() -> None:
    assert Repetition(by_meaning).repeats(SUSPENDED, HALTED, "en")
    assert not Repetition(by_meaning).repeats(SUSPENDED, FINED, "en")


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
