"""Words and phrases match as a reader sees them: parts, inflections, scripts, abbreviations."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.domain.search.word_forms import split_words, stem
from service.domain.search.word_match import LanguageText, WordIndex, find_spans
from tests.unit.search.word_cases import MATCHES, MISSES


def index(text: str, language: str) -> WordIndex:
    return WordIndex([LanguageText(text, language)])


@pytest.mark.parametrize(("phrase", "text", "language"), MATCHES)
def test_phrase_matches(phrase: str, text: str, language: str):
    assert index(text, language).find(frozenset({phrase, "unrelated"})) == phrase
    [*spans] = find_spans(LanguageText(text, language), frozenset({phrase}))
    assert spans


@pytest.mark.parametrize(("phrase", "text", "language"), MISSES)
def test_phrase_does_not_match(phrase: str, text: str, language: str):
    assert index(text, language).find(frozenset({phrase})) is None
    assert find_spans(LanguageText(text, language), frozenset({phrase})) == []


def test_spans_cover_the_words_as_written():
    text = "U.S. ferries, Ferry-Trump and 中国经济"
    spans = find_spans(LanguageText(text, "en"), frozenset({"US", "ferry", "中国"}))
    assert [text[start:end] for start, end in spans] == ["U.S", "ferries", "Ferry", "中国"]


def test_spans_of_joined_compounds_cover_the_words_as_written():
    text = "The U.S. cease-fire plan, l’Ukraine, Qur'an"
    spans = find_spans(LanguageText(text, "en"), frozenset({"ceasefire plan", "Ukraine", "Quran"}))
    assert [text[start:end] for start, end in spans] == ["cease-fire plan", "Ukraine", "Qur'an"]


def test_whole_text_matches_with_joined_compounds():
    names = WordIndex([LanguageText("Conor O’Brien", "en"), LanguageText("St. Mary-Ann", "en")])
    assert names.has_whole_text(frozenset({"Conor OBrien"}))
    assert not names.has_whole_text(frozenset({"OBrien"}))


def test_a_phrase_does_not_span_two_texts():
    texts = WordIndex([LanguageText("Ferry", "en"), LanguageText("aground", "en")])
    assert texts.find(frozenset({"ferry aground"})) is None


def test_whole_text_matches_only_the_complete_name():
    names = WordIndex([LanguageText("Oriel Vance", "en"), LanguageText("Россия", "ru")])
    assert names.has_whole_text(frozenset({"oriel vance"}))
    assert names.has_whole_text(frozenset({"России"}))
    assert not names.has_whole_text(frozenset({"Vance"}))
    assert not names.has_whole_text(frozenset({"Oriel"}))


def test_words_are_slices_of_the_text():
    text = "The U.S.-led “talks”, on 中东 at 6:30"
    words = list(split_words(text))
    assert [each.spelling for each in words] == [
        "The", "U.S", "led", "talks", "on", "中", "东", "at", "6", "30",
    ]  # fmt: skip
    assert all(text[each.start : each.end] == each.spelling for each in words)


def test_threads_stem_at_the_same_time() -> None:
    """A stemmer that two threads share returns wrong stems or fails."""
    endings = ("s", "ly", "ness", "ing", "ation", "ements")
    words = [
        f"{each}{end}" for each in ("nation", "conditional", "hopeful") for end in endings
    ] * 20
    expected = [stem(each, "en") for each in words]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            stemmed = threads.map(lambda _: [stem(each, "en") for each in words], range(8))
            assert all(each == expected for each in stemmed)
    finally:
        sys.setswitchinterval(interval)
