"""Completion of URLs that people type."""

import pytest

from service.ingest.typed_urls import complete_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.com", "https://example.com"),
        (" example.com/news?x=1 ", "https://example.com/news?x=1"),
        ("www.example.co.uk:8080/rss", "https://www.example.co.uk:8080/rss"),
        ("localhost:8000/rss", "https://localhost:8000/rss"),
        ("127.0.0.1:8000", "https://127.0.0.1:8000"),
        ("bücher.example", "https://bücher.example"),
        ("//example.com/rss", "https://example.com/rss"),
        ("feed://example.com/rss", "http://example.com/rss"),
        ("feed:https://example.com/rss", "https://example.com/rss"),
        ("http://example.com", "http://example.com"),
        ("HTTPS://example.com/A?b=%2B", "HTTPS://example.com/A?b=%2B"),
        ("https://example.com/a\n  b c", "https://example.com/ab%20c"),
        ("ftp://example.com", "ftp://example.com"),
        ("mailto:me@example.com", "mailto:me@example.com"),
        ("news", "news"),
        ("/rss", "/rss"),
        ("http://[broken", "http://[broken"),
        ("", ""),
    ],
)
def test_scheme_is_added_to_a_host(text: str, url: str) -> None:
    assert complete_url(text) == url


def test_base_url_has_precedence() -> None:
    assert (
        complete_url("feeds/a.rss", base_url="https://x.example/")
        == "https://x.example/feeds/a.rss"
    )
    assert complete_url("http://[broken", base_url="https://x.example/") == "http://[broken"
