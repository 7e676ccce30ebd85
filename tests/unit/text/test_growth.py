"""The time of every function of external text grows with its length, not with its square."""

from collections.abc import Iterator
from types import ModuleType

import pytest

import service.domain
import service.ingest
import service.mail
import service.web.desk
import service.web.pages
import service.web.rendering
import service.web.requests
from service.domain.articles.agency_credits import AgencyNames
from service.domain.articles.model import Article
from service.domain.entities.gazetteer import Gazetteer
from service.domain.pairs.features import window_vocabulary
from service.domain.stories.description import DescriptionContext, StoryContent, describe_story
from service.domain.stories.wording.storyline_names import name_storyline
from service.domain.text.sentences import split_sentences
from service.errors.redaction import redact_error, redact_input, redact_url, redact_urls
from service.ingest.admit import MAX_TITLE_CHARACTERS
from tests.support.content.events import START, encoded
from tests.support.growth import PIECES, TextFunction, find_text_functions

#: Packages that process text of publishers, readers or clients.
PACKAGES: tuple[ModuleType, ...] = (
    service.domain,
    service.ingest,
    service.mail,
    service.web.desk,
    service.web.pages,
    service.web.rendering,
    service.web.requests,
)
OTHERS = (redact_error, redact_input, redact_url, redact_urls)
#: Functions that connect to servers, limit the memory of the process, or read trusted bytes.
NOT_MEASURED = {
    *("fetch_feed", "fetch_one", "discover_feeds", "read_pages", "check_target_allowed"),
    *("limit_memory", "decode_job"),
}
CHARACTERS = 8000
#: Longest text of an article by default (`admit.max_text_characters`).
MAX_TEXT_CHARACTERS = 4000
#: Functions that use or get short texts only: titles, dates, and the beginning of a text.
BOUNDS = {
    "read_zone": 80,
    "style_penalty": MAX_TITLE_CHARACTERS,
    "text_penalty": MAX_TITLE_CHARACTERS,
    "headline_text": MAX_TITLE_CHARACTERS,
    "title_penalty": MAX_TITLE_CHARACTERS,
    "is_plain_report": MAX_TITLE_CHARACTERS,
    "strip_publisher": MAX_TITLE_CHARACTERS,
    "repeats_headline": MAX_TITLE_CHARACTERS,
    "draw_story": MAX_TITLE_CHARACTERS,
    "title_similarity": MAX_TITLE_CHARACTERS,
    "without_quotations": 1700,
    "content_words": 1700,
    "find_boilerplate": 4000,
    "remove_boilerplate": 4000,
}


def text_functions() -> Iterator[TextFunction]:
    found = [each for package in PACKAGES for each in find_text_functions(package)]
    for function in (*found, *OTHERS):
        if function.__name__ not in NOT_MEASURED:
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
    assert {"parse_query", "is_muted_text", "parse_target_url", "parse_report", "cut"} <= names
    assert set(BOUNDS) <= names


def test_quadratic_function_is_found() -> None:
    def count_pairs(text: str) -> int:
        return sum(one == other for one in text for other in text)

    assert TextFunction(count_pairs, 4000).growth("a") > 9


def test_abbreviations_are_split_in_linear_time() -> None:
    assert TextFunction(split_sentences, 100_000).growth("Mr. ") < 9


def describe(text: str) -> None:
    """Group and describe two articles with a text."""
    articles = [
        Article(number, text[:MAX_TITLE_CHARACTERS], text, outlet=f"outlet-{number}")
        for number in range(2)
    ]
    vectors = encoded(articles)
    vocabulary = window_vocabulary(articles, vectors)
    context = DescriptionContext(
        original_of={},
        families={},
        outlet_names={},
        agency_names=AgencyNames({}, {}),
        vocabulary=vocabulary,
        gazetteer=Gazetteer.from_articles(articles),
        reported_at={each.id: START for each in articles},
    )
    describe_story("story", StoryContent(articles, vectors, articles[0]), [], context, START)
    name_storyline([articles], vocabulary)


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_functions_that_need_a_vocabulary_are_linear_too(piece: str) -> None:
    """The functions above are measured alone; these need statistics of a window."""
    assert TextFunction(describe, MAX_TEXT_CHARACTERS).growth(piece) <= 9
