"""The small pure parts of the pages: excerpts, cursors, lines of time, addresses."""

from datetime import timedelta

import pytest

from service.web.rendering import display_names, links, templates
from service.web.requests.parameters import excerpt


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("  short\n text ", "short text"),
        ("one two three", "one two…"),
        ("одинокоедлинноеслово", "одинокоедли…"),
        ("", ""),
    ],
)
def test_an_excerpt_ends_between_words_where_it_can(text: str, cut: str) -> None:
    assert excerpt(text, limit=11) == cut


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" http://a.example ", "http://a.example"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt://a.example/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("//a.example", ""),
        ("https://", ""),
        ("http://[::1", ""),
    ],
)
def test_only_web_addresses_are_linked(url: str, linked: str) -> None:
    assert links.external_url(url) == linked


def test_addresses_are_shown_without_secrets() -> None:
    assert links.strip_credentials("https://me:word@a.example:8/x?y") == "https://a.example:8/x?y"
    assert links.strip_credentials("http://[::1") == ""


def test_paths_of_stories_are_quoted() -> None:
    assert links.story_path("a/b", "é ?") == "/stories/a%2Fb/%C3%A9%20%3F"
    assert links.storyline_api_path("x") == "/v1/storylines/x"


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=90), "1 h"),
        (timedelta(days=-3), "3 d"),
    ],
)
def test_durations_are_told_in_their_largest_unit(span: timedelta, told: str) -> None:
    assert templates.duration(span) == told


def test_languages_and_countries_without_a_name_keep_their_code() -> None:
    assert display_names.language_name("fa-IR") == "Persian"
    assert display_names.language_name("qqq") == "qqq"
    assert display_names.country_name("tr") == "Türkiye"
    assert display_names.country_name("XX") == "XX"
    assert [display_names.direction(code) for code in ("ur", "en_GB", None)] == [
        "rtl",
        "ltr",
        "auto",
    ]
