"""Reservations against text mining, and pages without an article."""

import pytest

from service.domain.pages.reservations import (
    find_in_headers,
    find_in_meta,
    find_in_tdmrep,
    find_signal,
)
from service.domain.pages.stubs import Stub, identify_stub
from service.ingest.pages.permission import find_rule, product_token

URL = "https://daily.example/news/ferry?id=1"


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /admin", True),
        ("User-agent: *\nDisallow: /news", False),
        ("User-agent: *\nDisallow: /news\nAllow: /news/ferry", True),
        ("User-agent: samestory\nDisallow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: samestory\nAllow: /", True),
        ("User-agent: GPTBot\nDisallow: /", False),
        ("User-agent: CCBot\nUser-agent: Google-Extended\nDisallow: /news/", False),
        ("User-agent: GPTBot\nDisallow: /sport", True),
        ("User-agent: GPTBot\nDisallow: /\n\nUser-agent: samestory\nAllow: /", True),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /", False),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=yes\nAllow: /", True),
        ("User-agent: *\nContent-Usage: train-ai=n\nAllow: /", False),
        ("<!DOCTYPE html><html>no robots here</html>", True),
    ],
)
def test_robots_txt_is_obeyed_with_reservations_against_ai(robots: str, *, allowed: bool):
    assert (find_rule(robots, URL, "samestory") is None) == allowed


def test_rule_is_named():
    assert (
        find_rule("User-agent: GPTBot\nDisallow: /", URL, "x")
        == "robots.txt: disallowed for GPTBot"
    )
    signal = find_signal("User-agent: *\ncontent-signal:  ai-input = no")
    assert signal == "robots.txt: content-signal: ai-input = no"


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("samestory/0.1 (news)", "samestory"), ("My-Reader", "My-Reader"), ("(odd)", "samestory")],
)
def test_product_token_is_the_name_in_the_user_agent(user_agent: str, token: str):
    assert product_token(user_agent) == token


@pytest.mark.parametrize(
    ("name", "value", "reserved"),
    [
        ("X-Robots-Tag", "noai, noimageai", True),
        ("x-robots-tag", "samestory: noai", True),
        ("X-Robots-Tag", "noindex", False),
        ("TDM-Reservation", "1", True),
        ("tdm-reservation", "0", False),
        ("Content-Usage", "train-ai=n", True),
        ("Content-Type", "noai", False),
    ],
)
def test_headers_reserve_a_page(name: str, value: str, *, reserved: bool):
    assert (find_in_headers([("Server", "x"), (name, value)]) is not None) == reserved


@pytest.mark.parametrize(
    ("name", "content", "reserved"),
    [
        ("robots", "noai", True),
        ("ROBOTS", "index, NoAI", True),
        ("googlebot", "noai", True),
        ("robots", "noindex", False),
        ("tdm-reservation", "1", True),
        ("tdm-reservation", "0", False),
        ("description", "noai", False),
    ],
)
def test_meta_elements_reserve_a_page(name: str, content: str, *, reserved: bool):
    assert (find_in_meta([("viewport", "x"), (name, content)]) is not None) == reserved


@pytest.mark.parametrize(
    ("document", "reserved"),
    [
        (b'[{"location": "/", "tdm-reservation": 1}]', True),
        (b'[{"location": "/news/*", "tdm-reservation": "1", "tdm-policy": "https://x"}]', True),
        (b'[{"location": "/news/ferry$", "tdm-reservation": 1}]', False),
        (
            b'[{"location": "/news", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]',
            False,
        ),
        (b'[{"location": "/sport", "tdm-reservation": 1}]', False),
        (b'{"location": "/", "tdm-reservation": 1}', False),
        (b"[1, null, {}]", False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_tdmrep_reserves_pages_by_location(document: bytes, *, reserved: bool):
    assert (find_in_tdmrep(document, URL) is not None) == reserved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ferry ran aground. Subscribe to continue reading.", Stub.PAYWALL),
        ("Already a subscriber? Log in.", Stub.PAYWALL),
        ("Die Fähre lief auf Grund. Jetzt den ganzen Artikel weiterlesen.", Stub.PAYWALL),
        ("Le ferry s'est échoué. Cet article est réservé aux abonnés.", Stub.PAYWALL),
        ("Contenido exclusivo para suscriptores.", Stub.PAYWALL),
        ("Материал доступен только для подписчиков.", Stub.PAYWALL),
        ("この記事は会員限定です。", Stub.PAYWALL),
        ("Before you continue to Daily. We value your privacy.", Stub.CONSENT),
        ("Wir schätzen Ihre Privatsphäre. Alle akzeptieren", Stub.CONSENT),
        ("Nous respectons votre vie privée. Tout accepter", Stub.CONSENT),
        ("The ferry ran aground. Officials continue to read the radar logs.", None),
        ("Subscribers of the theatre were told that the season continues.", None),
        ("A court ruled on cookie settings. " + "The ruling binds all sites. " * 100, None),
        ("The ferry ran aground. " * 200 + "Subscribe to continue reading.", None),
    ],
)
def test_pages_without_article_are_recognised(text: str, expected: Stub | None):
    assert identify_stub(text, html="", url=URL) == expected


@pytest.mark.parametrize(
    "html",
    [
        '{"isAccessibleForFree": false}',
        '{"isAccessibleForFree":"False"}',
        '"isAccessibleForFree" : [false]',
    ],
)
def test_structured_data_names_a_paywall(html: str):
    assert identify_stub("A long text.", html=html, url=URL) == Stub.PAYWALL
    free = html.replace("alse", "rue").replace("f", "t").replace("F", "T")
    assert identify_stub("A long text.", html=free, url=URL) is None


@pytest.mark.parametrize(
    "url", ["https://consent.daily.example/v2?next=x", "https://daily.example/consent/?to=1"]
)
def test_address_names_a_consent_page(url: str):
    assert identify_stub("A text.", html="", url=url) == Stub.CONSENT
