"""Redaction of stored addresses."""

import pytest

from service.errors import BadStatusError
from service.errors.redaction import redact_url, redact_urls


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://outlet.example/feed", "https://outlet.example/feed"),
        ("https://me:pw@outlet.example:8443/feed", "https://outlet.example:8443/feed"),
        ("https://me%40x:p%3Aw@outlet.example/a@b", "https://outlet.example/a@b"),
        ("https://outlet.example/feed?token=abc&n=1", "https://outlet.example/feed?token=…&n=…"),
        ("https://outlet.example/feed?token=a=b", "https://outlet.example/feed?token=…"),
        ("https://outlet.example/feed?12ab34", "https://outlet.example/feed?…"),
        ("https://outlet.example/feed#access_token=1", "https://outlet.example/feed"),
        ("https://outlet.example/feed?12ab34&n=1", "https://outlet.example/feed?…&n=…"),
        ("https://outlet.example/feed?n=1&&12ab34", "https://outlet.example/feed?n=…&…&…"),
        ("http://me:p/w@outlet.example/feed", ""),  # the slash ends the host
        ("http:/me:pw@outlet.example/feed", ""),
        ("http:///me:pw@outlet.example/feed", ""),
        ("http://[::1", ""),
    ],
)
def test_user_password_and_values_of_the_query_are_hidden(url: str, shown: str) -> None:
    assert redact_url(url) == shown
    assert redact_url(shown) == shown


def test_urls_in_a_text_are_redacted() -> None:
    text = 'Cannot connect to "https://me:pw@outlet.example/feed?key=1" (port 443)'

    assert redact_urls(text) == ('Cannot connect to "https://outlet.example/feed?key=…" (port 443)')


@pytest.mark.parametrize("character", "'\"()<>`:@/")
def test_passwords_with_any_character_are_hidden_in_texts(character: str) -> None:
    shown = redact_urls(f"Cannot open https://me:ab{character}cd@outlet.example/feed, retry")
    assert "ab" not in shown
    assert "cd" not in shown


def test_errors_of_feeds_show_no_secret() -> None:
    error = BadStatusError(
        "https://me:pw@outlet.example/?key=abc", "Redirect to https://o.example/?key=abc", 404
    )

    assert str(error) == "https://outlet.example/?key=…: Redirect to https://o.example/?key=…"
    assert (error.url, error.status) == ("https://outlet.example/?key=…", 404)
