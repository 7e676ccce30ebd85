"""Extraction of the article from a page."""

import pytest

from service.ingest.pages.extract import extract_page
from service.ingest.pages.job import Page
from tests.support.content.article_pages import FERRY_DAILY, article_page

URL = "https://daily.example/news/ferry"


def extract(body: bytes, content_type: str = "text/html") -> Page:
    return extract_page(body, url=URL, content_type=content_type, min_characters=200)


def test_text_is_extracted_without_navigation_and_footer():
    page = extract(article_page(FERRY_DAILY, title="Ferry aground"))
    assert page.outcome == "stored"
    assert all(paragraph in page.text for paragraph in FERRY_DAILY)
    assert "Imprint" not in page.text
    assert "Most read" not in page.text


def test_canonical_link_and_language_are_read():
    head = "<link rel='canonical' href='/news/ferry-halcyon'>"
    page = extract(article_page(FERRY_DAILY, head=head, language="de-AT"))
    assert (page.canonical, page.language) == ("https://daily.example/news/ferry-halcyon", "de-AT")


@pytest.mark.parametrize("charset", ["windows-1251", "euc-kr", "utf-16"])
def test_charset_of_meta_element_header_or_mark_is_used(charset: str):
    word = "부산항" if charset == "euc-kr" else "Паром"
    text = article_page([*FERRY_DAILY, f"{word} {word} {word}."]).decode()
    text = text.replace("charset='utf-8'", f"charset='{charset}'")
    assert word in extract(text.encode(charset)).text


@pytest.mark.parametrize(
    ("head", "outcome", "detail"),
    [
        ("<meta name='robots' content='noai'>", "reserved", "meta robots: noai"),
        ("<meta name=tdm-reservation content=1>", "reserved", "meta tdm-reservation: 1"),
        (
            '<script type="application/ld+json">{"isAccessibleForFree": false}</script>',
            "paywall",
            "",
        ),
    ],
)
def test_reserved_and_paywalled_pages_yield_no_text(head: str, outcome: str, detail: str):
    page = extract(article_page(FERRY_DAILY, head=head))
    assert (page.text, page.outcome, page.detail) == ("", outcome, detail)


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\x00\x01", article_page(["Short."])])
def test_page_without_article_is_empty(body: bytes):
    page = extract(body)
    assert (page.text, page.outcome) == ("", "empty")
