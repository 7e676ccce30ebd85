"""Rendering helpers: excerpts, links, durations, display names."""

from datetime import timedelta

import pytest

from service.web.rendering import display_names, links, templates
from service.web.rendering.display_names import excerpt
from service.web.rendering.front_page.excerpts import Excerpt, split_excerpt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  short\n text ", "short text"),
        ("one two three", "one two…"),
        ("одинокоедлинноеслово", "одинокоедли…"),
        ("", ""),
    ],
)
def test_excerpt_ends_at_a_word_boundary(text: str, expected: str) -> None:
    assert excerpt(text, limit=11) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Excerpt((), is_cut=False)),
        ("Ferry aground", Excerpt(("Ferry aground",), is_cut=False)),
        ("The ferry ran aground", Excerpt(("The ferry ran", " aground"), is_cut=False)),
        ("The ferry ran aground near", Excerpt(("The ferry ran", " aground"), is_cut=True)),
        ("A big ferry – stranded – waits", Excerpt(("A big ferry", " – stranded"), is_cut=True)),
        ("渡轮在港口外搁浅乘客获救", Excerpt(("渡轮在港口外", "搁浅乘客获"), is_cut=True)),
    ],
)
def test_parts_of_a_sentence_end_after_words_and_before_punctuation(
    text: str, expected: Excerpt
) -> None:
    assert split_excerpt(text, [13, 22]) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
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
def test_only_http_urls_are_linked(url: str, expected: str) -> None:
    assert links.external_url(url) == expected


def test_story_paths_are_percent_encoded() -> None:
    assert links.story_path("a/b", "é ?") == "/stories/a%2Fb/%C3%A9%20%3F"
    assert links.storyline_api_path("x") == "/v1/storylines/x"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=1, seconds=30), "1 h"),
        (timedelta(minutes=119), "1 h 59 min"),
        (-timedelta(hours=9, minutes=59), "9 h 59 min"),
        (timedelta(hours=10, minutes=59), "10 h"),
        (timedelta(days=-3), "3 d"),
    ],
)
def test_duration_uses_the_largest_unit_and_minutes_below_ten_hours(
    span: timedelta, expected: str
) -> None:
    assert templates.duration(span) == expected


def test_unknown_languages_and_countries_show_their_code() -> None:
    assert display_names.language_name("fa-IR") == "Persian"
    assert display_names.language_name("qqq") == "qqq"
    assert display_names.country_name("tr") == "Türkiye"
    assert display_names.country_name("XX") == "XX"
    assert [display_names.direction(code) for code in ("ur", "en_GB", None)] == [
        "rtl",
        "ltr",
        "auto",
    ]
