"""The time of every function of external text grows with its length, not with its square."""

from collections.abc import Iterator
from types import ModuleType

import pytest

import service.domain.articles
import service.domain.catalogue
import service.domain.entities
import service.domain.identity
import service.domain.locales
import service.domain.pages
import service.domain.search
import service.domain.stories
import service.domain.text
import service.domain.urls
from service.domain.text.sentences import split_sentences
from service.ingest.admit import MAX_TITLE_CHARACTERS, first_sentence, strip_boilerplate
from service.ingest.detect_language import resolve_language
from service.ingest.typed_urls import complete_url
from tests.support.growth import TextFunction, find_text_functions

PACKAGES: tuple[ModuleType, ...] = (
    service.domain.articles,
    service.domain.catalogue,
    service.domain.entities,
    service.domain.identity,
    service.domain.locales,
    service.domain.pages,
    service.domain.search,
    service.domain.stories,
    service.domain.text,
    service.domain.urls,
)
OTHERS = (first_sentence, strip_boilerplate, resolve_language, complete_url)
CHARACTERS = 8000
#: Functions that use or get short texts only: titles, dates, and the beginning of a text.
BOUNDS = {
    "read_zone": 80,
    "style_penalty": MAX_TITLE_CHARACTERS,
    "title_penalty": MAX_TITLE_CHARACTERS,
    "is_plain_report": MAX_TITLE_CHARACTERS,
    "strip_publisher": MAX_TITLE_CHARACTERS,
    "repeats_headline": MAX_TITLE_CHARACTERS,
    "title_similarity": MAX_TITLE_CHARACTERS,
    "without_quotations": 1700,
    "content_words": 1700,
    "find_boilerplate": 4000,
    "remove_boilerplate": 4000,
}


def text_functions() -> Iterator[TextFunction]:
    found = [each for package in PACKAGES for each in find_text_functions(package)]
    for function in (*found, *OTHERS):
        yield TextFunction(function, BOUNDS.get(function.__name__, CHARACTERS))


FUNCTIONS = list(text_functions())


@pytest.mark.parametrize(
    "function",
    FUNCTIONS,
    ids=[f"{each.call.__module__}.{each.call.__name__}" for each in FUNCTIONS],
)
def test_time_grows_at_most_linearly(function: TextFunction) -> None:
    slow = {piece: ratio for piece in function.pieces() if (ratio := function.growth(piece)) > 9}

    assert not slow


def test_functions_of_every_package_are_measured() -> None:
    modules = {each.call.__module__ for each in FUNCTIONS}
    names = {each.call.__name__ for each in FUNCTIONS}

    assert all(any(each.startswith(package.__name__) for each in modules) for package in PACKAGES)
    assert {"split_sentences", "classify", "find_figures", "html_to_text", "url_names"} <= names
    assert set(BOUNDS) <= names


def test_quadratic_function_is_found() -> None:
    def count_pairs(text: str) -> int:
        return sum(one == other for one in text for other in text)

    assert TextFunction(count_pairs, 6000).growth("a") > 9


def test_abbreviations_are_split_in_linear_time() -> None:
    assert TextFunction(split_sentences, 100_000).growth("Mr. ") < 9
