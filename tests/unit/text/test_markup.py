"""HTML to text conversion."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.markup import (
    html_to_text,
    looks_like_html,
    one_line,
    plain_to_text,
    shorten,
    tidy,
)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One &amp; <b>two</b></p>\n<p>three", "One & two\nthree"),
        ("a<br/>b<br>c", "a\nb\nc"),
        ("a<script>if (a<b) alert('<p>')</script>b<style>p{}</style>c", "abc"),
        ("a<!-- <p>hidden</p> -->b<!-- never closed <p>c", "ab"),
        ('<img alt="a > b" src=x>caption', "caption"),
        ("<a title='it''s' href=\"x\">link</a>", "link"),
        ('cut off <a href="http://outl', "cut off"),
        ("&lt;b&gt; is bold, &amp;amp; is an ampersand", "<b> is bold, &amp; is an ampersand"),
        ("caf&eacute; &#8364; &#x20AC; &nbsp;x", "café € € x"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("a\x00b\x85c", "a b c"),
        ("<![CDATA[x]]>y<?php z ?>", "xy"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<svg><title>logo</title></svg>text", "text"),
        (f"a&#{'9' * 5000};b&#x{'f' * 5000};c", "abc"),
        ("", ""),
    ],
)
def test_html_to_text_removes_markup(markup: str, expected: str) -> None:
    assert html_to_text(markup) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AT&T <profits> rise", "AT&T <profits> rise"),
        ("AT&amp;T profits <b>rise</b>", "AT&T profits rise"),
        ("a < b, i > j", "a < b, i > j"),
        ("It&#8217;s done", "It’s done"),
    ],
)
def test_plain_text_with_markup_is_converted(text: str, expected: str) -> None:
    assert plain_to_text(text) == expected


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!",
        "<!--",
        "<a ",
        '<a "',
        '<a ="',
        "<script>",
        "</",
        "&#",
        "<a b='c",
        "<svg><!-- ",
        "= ",
    ],
)
def test_hostile_markup_is_converted_in_linear_time(piece: str) -> None:
    markup = piece * (300_000 // len(piece))
    started = time.perf_counter()

    html_to_text(markup)
    looks_like_html(markup)

    assert time.perf_counter() - started < 3


@given(st.text(alphabet=st.sampled_from("<>/!-&;#\"'= abpx\n\u00ad\x00é"), max_size=200))
def test_any_markup_yields_normalised_text(markup: str) -> None:
    text = html_to_text(markup)

    assert tidy(text) == text
    assert "\x00" not in text
    assert "\n\n" not in text


@given(st.text(max_size=200))
def test_one_line_is_idempotent(text: str) -> None:
    line = one_line(text)

    assert "\n" not in line
    assert one_line(line) == line
    line.encode("utf-8")


@given(st.text(max_size=100), st.integers(2, 50))
def test_shorten_respects_the_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= max(limit, 1)


def test_text_with_cdata_delimiters_is_converted() -> None:
    assert plain_to_text("<![CDATA[Bridge & road]]>") == "Bridge & road"


def test_shorten_cuts_after_a_word() -> None:
    assert shorten("one two three", 100) == "one two three"
    assert shorten("one two, three", 11) == "one two…"
    assert shorten("onetwothree", 5) == "onet…"
