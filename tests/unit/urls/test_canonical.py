"""Canonical URLs: one key per article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.urls.canonical import (
    canonical_url,
    identifies_article,
    is_home_page,
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
        ("https://outlet.example/live#post-12", "https://outlet.example/live#post-12"),
        ("https://outlet.example/live#block-65f0", "https://outlet.example/live#block-65f0"),
        ("https://outlet.example/live#comment-12", "https://outlet.example/live"),
        ("https://outlet.example/a#xtor=RSS-1", "https://outlet.example/a"),
        ("https://outlet.example/a;jsessionid=1F?b=1", "https://outlet.example/a?b=1"),
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
        *("utm_source=rss&utm_medium=feed&UTM_Campaign=x", "utm_id=7", "fbclid=a", "gclid=b"),
        *("soc_src=social", "soc_trk=tw", "hss_channel=tw-1", "sc_cid=a", "vgo_ee=a"),
        *("at_medium=RSS&at_campaign=KARANGA", "ns_mchannel=rss&ito=1490&ns_campaign=1490"),
        *("ref=rss", "source=rss_feed", "partner=rss&emc=rss", "mod=rss_world", "feed=rss2&rss=1"),
        *("mc_cid=c", "cmp=1&maca=en-rss", "ref=rss&amp;utm_source=x&amp;utm_medium=y"),
        *("gbraid=a", "wbraid=a", "msclkid=a", "yclid=a", "ysclid=a", "twclid=a", "ttclid=a"),
        *("igshid=a", "igsh=a", "li_fat_id=a", "mkt_tok=a", "_hsenc=a&_hsmi=1", "__hstc=a"),
        *("vero_id=1", "_openstat=a", "_ga=1", "_gl=1", "s_cid=a", "s_kwcid=a", "cmpid=rss"),
        *("ncid=rss", "xtor=RSS-1", "wt_mc=rss", "icid=rss", "ICID=rss", "ftag=RSS", "Echobox=1"),
        *("ref_src=twsrc", "via=rss", "traffic_source=rss", "__twitter_impression=true"),
        *("srsltid=a", "mtm_campaign=a", "pk_campaign=a", "piwik_campaign=a", "matomo_kwd=a"),
        *("rssfeed=true", "rss", "from=rss", "smid=tw", "guccounter=1", "rb_clickid=a"),
        *("dicbo=v2-a", "yclid=1&ymclid=2", "ss_source=sscampaigns&ss_campaign_id=a"),
        *("oly_enc_id=a", "spm=a2c.b1.0.0", "sc_channel=a", "ef_id=a", "PHPSESSID=1"),
    ],
)
def test_tracking_parameters_are_removed(query: str) -> None:
    assert canonical_url(f"https://outlet.example/a?{query}") == "https://outlet.example/a"


@pytest.mark.parametrize(
    "query",
    [
        *("ref=12", "source=politics", "feed=world", "id=7", "v=abc", "from=2020-04-20", "p=rss"),
        *("rss=12", "at_id=4", "ns_story=4", "spm=12", "mc=3", "cid=12", "sid=4", "tid=31"),
    ],
)
def test_other_parameters_are_retained(query: str) -> None:
    assert canonical_url(f"https://outlet.example/a?{query}") == f"https://outlet.example/a?{query}"


def test_campaign_parameters_are_removed_if_the_rest_identifies_an_article() -> None:
    page = "https://outlet.example/2020/bridge-reopens-after-storm-4711"

    assert canonical_url(f"{page}?at_ptr=x&ns_x=1") == page


def test_every_parameter_can_be_kept() -> None:
    key = canonical_url("http://outlet.example/a?utm_source=x&b=1#post-2", every_parameter=True)

    assert key == "https://outlet.example/a?b=1&utm_source=x#post-2"


def test_rules_of_one_site_apply_to_this_site_only() -> None:
    assert canonical_url("https://www.bbc.com/news?at_other=x") == "https://www.bbc.com/news"
    assert canonical_url("https://outlet.example/news?at_other=x") == (
        "https://outlet.example/news?at_other=x"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://m.bbc.co.uk/news/1",
        "https://www.outlet.example/news/1",
        "https://outlet.example/2020/bridge/amp",
        "https://outlet.example/2020/bridge?outputType=amp",
        "https://www.google.com/amp/guide",
    ],
)
def test_mobile_and_amp_pages_have_their_own_key(url: str) -> None:
    assert canonical_url(url) == url


@pytest.mark.parametrize(
    ("url", "identifies"),
    [
        ("https://outlet.example/2020/04/bridge", True),
        ("https://outlet.example/bridge-reopens-after-storm", True),
        ("https://outlet.example/articles/cm2gp5g0xngo", True),
        ("https://outlet.example/article?id=4711", True),
        ("https://outlet.example/live#post-12", True),
        ("https://outlet.example/notices", False),
        ("https://outlet.example/news?lang=en", False),
    ],
)
def test_links_with_words_or_numbers_identify_an_article(url: str, *, identifies: bool) -> None:
    assert identifies_article(url) is identifies


@pytest.mark.parametrize(
    ("url", "others", "expected"),
    [
        ("https://outlet.example", (), True),
        ("https://outlet.example/index.html?utm_source=rss", (), True),
        ("https://outlet.example/de/", (), True),
        ("http://outlet.example/world/", ("https://outlet.example/world",), True),
        ("https://outlet.example/?p=7", (), False),
        ("https://outlet.example/#post-7", (), False),
        ("https://outlet.example/a", ("https://outlet.example/b", ""), False),
        ("urn:x", (), False),
    ],
)
def test_home_pages(url: str, others: tuple[str, ...], *, expected: bool) -> None:
    assert is_home_page(url, *others) is expected


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


@given(_URLS, st.sampled_from(["utm_source", "fbclid", "gclid", "mc_eid", "phpsessid"]))
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
