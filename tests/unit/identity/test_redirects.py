"""Redirect links of aggregators."""

import base64
from urllib.parse import quote

import pytest

from service.domain.identity.redirects import unwrap

TARGET = "https://outlet.example/2020/bridge?id=7&x=a%20b"
ESCAPED = "https%3A%2F%2Foutlet.example%2F2020%2Fbridge%3Fid%3D7%26x%3Da%2520b"
#: A redirect of Facebook, as the target of another redirect.
FACEBOOK = f"https://l.facebook.com/l.php?u={ESCAPED}"
CODE = base64.urlsafe_b64encode(b"\x08\x13\x22\x2fhttps://outlet.example/2020/bridge\xd2\x01\x00")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (f"https://www.google.com/url?rct=j&sa=t&url={ESCAPED}&ct=ga&usg=x", TARGET),
        (f"https://www.google.co.uk/url?q={ESCAPED}", TARGET),
        ("https://www.google.com/url?q=https://outlet.example/a%00b", "https://outlet.example/ab"),
        (f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&url={ESCAPED}&mkt=en-us", TARGET),
        (f"https://l.facebook.com/l.php?u={ESCAPED}&h=x", TARGET),
        (f"https://www.facebook.com/l.php?u={ESCAPED}&h=x", TARGET),
        (f"https://news.google.com/news/url?sa=t&usg=x&url={ESCAPED}", TARGET),
        (f"https://away.vk.com/away.php?to={ESCAPED}&utf=1", TARGET),
        (f"https://vk.com/away.php?to={ESCAPED}", TARGET),
        (f"https://news.yandex.ru/redir?dtype=stred&url={ESCAPED}", TARGET),
        (f"https://getpocket.com/redirect?url={ESCAPED}", TARGET),
        (f"https://duckduckgo.com/l/?uddg={ESCAPED}", TARGET),
        (f"https://r.search.yahoo.com/_ylt=x/RV=2/RO=10/RU={ESCAPED}/RK=2/RS=x", TARGET),
        (
            "https://www.google.com/amp/s/outlet.example/bridge/amp",
            "https://outlet.example/bridge/amp",
        ),
        (
            "https://outlet-example.cdn.ampproject.org/c/s/outlet.example/bridge?id=1",
            "https://outlet.example/bridge?id=1",
        ),
        (
            f"https://news.google.com/rss/articles/{CODE.decode().rstrip('=')}?oc=5",
            "https://outlet.example/2020/bridge",
        ),
        (f"https://www.google.com/url?url={quote(FACEBOOK, safe='')}", TARGET),
    ],
)
def test_redirect_contains_its_target(url: str, target: str) -> None:
    assert unwrap(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "urn:x",
        "https://[broken",
        "https://outlet.example/share?url=https://other.example/",
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/url?url=https%3A%2F%2F",
        "https://www.google.com/amp/guide",
        "https://www.facebook.com/outlet/posts?u=https://outlet.example/",
        "https://news.yandex.ru/story?url=https://outlet.example/",
        "https://news.google.com/rss/articles/CBMiopaque_code_without_a_url?oc=5",
        "https://outlet.example/2020/bridge",
    ],
)
def test_other_links_stay(url: str) -> None:
    assert unwrap(url) == url
