"""Canonical URLs: one key per article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.urls import (
    TRACKING_PARAMETERS,
    canonical_url,
    is_web_url,
    normalize_host,
    strip_credentials,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://WWW.Outlet.Example:80/News/", "https://www.outlet.example/News"),
        ("https://outlet.example:443", "https://outlet.example/"),
        ("http://outlet.example:8080/a", "https://outlet.example:8080/a"),
        ("https://outlet.example/a/./b/../c", "https://outlet.example/a/c"),
        ("https://outlet.example/../../a", "https://outlet.example/a"),
        ("https://outlet.example/a?b=2&a=1&&c", "https://outlet.example/a?a=1&b=2&c"),
        ("https://outlet.example/a#part", "https://outlet.example/a"),
        ("https://outlet.example/#!/a", "https://outlet.example/#!/a"),
        ("https://outlet.example/%7ejoe/%e2%82%ac", "https://outlet.example/~joe/%E2%82%AC"),
        ("https://outlet.example/€ 100%", "https://outlet.example/%E2%82%AC%20100%25"),
        ("https://user:secret@outlet.example/", "https://outlet.example/"),
        ("https://outlet.example./a", "https://outlet.example/a"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2001:DB8:0::1]:443/a", "https://[2001:db8::1]/a"),
        (" https:/outlet.example/a\n", "https://outlet.example/a"),
    ],
)
def test_equivalent_urls_have_one_key(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "query",
    [
        "utm_source=rss&utm_medium=feed&UTM_Campaign=x",
        "at_medium=RSS&at_campaign=KARANGA",
        "ns_mchannel=rss&ito=1490&ns_campaign=1490",
        "ref=rss",
        "source=rss_feed",
        "partner=rss&emc=rss",
        "mod=rss_world",
        "feed=rss2&rss=1",
        "fbclid=a&gclid=b&mc_cid=c",
        "a=&".replace("a=", "cmp=1") + "maca=en-rss",
        "ref=rss&amp;utm_source=x&amp;utm_medium=y",
        "outputType=amp",
    ],
)
def test_tracking_parameters_are_removed(query: str) -> None:
    assert canonical_url(f"https://outlet.example/a?{query}") == "https://outlet.example/a"


@pytest.mark.parametrize(
    "query",
    ["ref=12", "source=politics", "feed=world", "id=7", "v=abc", "from=2020-04-20", "p=rss"],
)
def test_other_parameters_are_retained(query: str) -> None:
    assert canonical_url(f"https://outlet.example/a?{query}") == f"https://outlet.example/a?{query}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://m.bbc.co.uk/news/1", "https://www.bbc.co.uk/news/1"),
        ("https://m.unknown.example/news/1", "https://m.unknown.example/news/1"),
        ("https://outlet.example/2020/bridge/amp/", "https://outlet.example/2020/bridge"),
        ("https://outlet.example/amp", "https://outlet.example/amp"),
        (
            "https://www.google.com/amp/s/outlet.example/bridge/amp?id=1&utm_source=x",
            "https://outlet.example/bridge?id=1",
        ),
        (
            "https://outlet-example.cdn.ampproject.org/c/s/outlet.example/bridge",
            "https://outlet.example/bridge",
        ),
        ("https://www.google.com/amp/guide", "https://www.google.com/amp/guide"),
    ],
)
def test_mobile_and_amp_urls_have_the_key_of_the_main_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "outlet.example/a",
        "//outlet.example/a",
        "mailto:desk@outlet.example",
        "javascript:alert(1)",
        "http://",
        "http://a b/",
        "http://[::1",
        "http://[zz]/",
        "http://outlet.example:99999/",
        "http://outlet..example/",
        "http://-outlet.example/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 200 + "example/",
        "http://outlet.example/" + "a" * 5000,
        "http://outlet.example/" + "€" * 1000,
    ],
)
def test_invalid_url_has_no_key(url: str) -> None:
    assert canonical_url(url) is None


_PARTS = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "HTTPS:/",
            "outlet.example",
            "m.bbc.co.uk",
            "bücher.example",
            "[::1]",
        ),
        *(":80", ":8080", "/", "//", "/..", "/.", "/amp", "/a", "%41", "%2f", "%", "%%4", "é", " "),
        *(
            "?",
            "&",
            "=",
            "utm_source=x",
            "ref=rss",
            "amp;",
            "b=1",
            "#",
            "#!",
            "!",
            "@",
            "\\",
            "\x00",
        ),
        *("www.google.com/amp/s/", "x.cdn.ampproject.org/c/", "\ud800", "。", "٠"),
    ]
)
_URLS = st.one_of(
    st.text(max_size=60),
    st.lists(_PARTS, max_size=12).map("".join),
    st.lists(_PARTS, max_size=12).map(lambda parts: "http://outlet.example/" + "".join(parts)),
)


@given(_URLS)
def test_canonical_url_is_idempotent_and_never_raises(url: str) -> None:
    key = canonical_url(url)

    if key is not None:
        assert canonical_url(key) == key
        assert key.startswith("https://")
        assert key.isascii()
        assert is_web_url(key)


@given(_URLS, st.sampled_from(sorted(TRACKING_PARAMETERS)))
def test_tracking_parameter_does_not_change_the_key(url: str, parameter: str) -> None:
    key = canonical_url(url)

    if key is not None and "#" not in key:
        sign = "&" if "?" in key else "?"
        assert canonical_url(f"{key}{sign}{parameter}=1") == key


def test_credentials_are_removed() -> None:
    assert strip_credentials("https://me:secret@outlet.example/a@b") == "https://outlet.example/a@b"
    assert strip_credentials("https://outlet.example/me@b") == "https://outlet.example/me@b"


def test_malformed_urls_are_not_web_urls() -> None:
    assert normalize_host("2001:DB8::1%eth0") == "[2001:db8::1]"
    assert normalize_host("::zz") is None
