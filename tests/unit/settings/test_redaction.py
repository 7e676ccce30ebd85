"""Redaction of stored addresses."""

import re

import pytest

from service.domain.catalogue.feed_overrides import FeedOverrides, check_overrides
from service.domain.webhooks.target_url import parse_target_url
from service.errors import BadInputError, BadStatusError
from service.errors.redaction import redact_error, redact_input, redact_url, redact_urls
from service.ingest.add_feed import fetch_one
from service.settings.load import load


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
        (
            "https://outlet.example/feed;session=12ab;b/x",
            "https://outlet.example/feed;session=…;b/x",
        ),
        (
            "https://fetch.example/https://me:pw@o.example/f",
            "https://fetch.example/https://o.example/f",
        ),
        (
            "https://fetch.example/https:/me:pw@o.example/f",
            "https://fetch.example/https:/o.example/f",
        ),
        (
            "https://fetch.example/http%3A%2F%2Fme%3Apw%40o%2Ff%3Fk%3D1",
            "https://fetch.example/http%3A%2F%2Fo%2Ff%3F…",
        ),
        ("https://social.example:8443/@name/feed", "https://social.example:8443/@name/feed"),
        ("http://me:12/34@outlet.example/feed", ""),  # the start of the password looks like a port
        ("http://me:p/w@outlet.example/feed", ""),  # the slash ends the host
        ("http:/me:pw@outlet.example/feed", ""),
        ("http:///me:pw@outlet.example/feed", ""),
        ("http://[::1", ""),
        (
            "postgresql://me:pw@db/news?sslmode=require&password=pw",
            "postgresql://db/news?sslmode=require&password=…",
        ),
        ("postgresql://me@/news?host=%2Frun&port=5432", "postgresql:///news?host=%2Frun&port=5432"),
    ],
)
def test_user_password_and_values_of_the_query_are_hidden(url: str, shown: str) -> None:
    assert redact_url(url) == shown
    assert redact_url(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nowhere", "nowhere"),
        ("me:pw@outlet.example/feed", "…@outlet.example/feed"),
        ("//me:p@w@outlet.example/feed?key=pw", "…@outlet.example/feed?…"),
        ("ftp:me:p/w@outlet.example", "…@outlet.example"),
    ],
)
def test_rejected_urls_show_no_password(text: str, shown: str) -> None:
    assert redact_input(text) == shown
    message = re.escape(f"Invalid URL {shown!r}")
    with pytest.raises(BadInputError, match=message):
        parse_target_url(text)
    with pytest.raises(BadInputError, match=message):
        check_overrides(FeedOverrides(fetch_url=text))
    with pytest.raises(BadInputError, match=message):
        fetch_one(text, load({}))


def test_urls_in_a_text_are_redacted() -> None:
    text = 'Cannot connect to "https://me:pw@outlet.example/feed?key=1" (port 443)'

    assert redact_urls(text) == ('Cannot connect to "https://outlet.example/feed?key=…" (port 443)')


def test_options_of_a_database_url_in_a_text_stay() -> None:
    text = "Cannot connect to postgresql:///news?host=/run&port=5432&options=…: refused"

    assert redact_urls(text) == text


def test_queries_of_paths_in_a_text_are_redacted() -> None:
    text = "Max retries exceeded with url: /v1/traces?api_key=pw&n=1 (see /docs)"
    shown = "Max retries exceeded with url: /v1/traces?api_key=…&n=… (see /docs)"

    assert redact_urls(text) == shown
    assert redact_urls(shown) == shown


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


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("SamestoryError: no luck", "SamestoryError: no luck"),
        (
            "DataError: (psycopg.Error) out of range\n[SQL: SELECT 1]\n[parameters: {'a': 'b@c.example'}]",
            "DataError: (psycopg.Error) out of range",
        ),
        ("E: failed [SQL: SELECT 1] [parameters: {}]", "E: failed"),
        (
            "SMTPError: 550 <ann.lee@mail.example> unknown",
            "SMTPError: 550 <…@mail.example> unknown",
        ),
        ("KeyError: 'ann@mail.example'", "KeyError: '…@mail.example'"),
        ("E: https://me:pw@o.example/@name?k=v", "E: https://o.example/@name?k=…"),
        ("ValueError: " + "a" * 1000, "ValueError: " + "a" * 288),
        ("", ""),
    ],
)
def test_error_of_a_run_is_one_line_without_statement_and_addresses(error: str, shown: str) -> None:
    assert redact_error(error) == shown
    assert redact_error(shown) == shown
