"""Feed discovery on pages of a loopback server."""

import itertools
from dataclasses import replace

import pytest

from service.errors import BadInputError, FeedError, NotAFeedError
from service.ingest.add_feed import discover_feeds, fetch_feed
from service.ingest.discover import FeedLink, find_links
from service.settings import load as settings_module
from service.settings.load import Settings
from service.settings.samples import for_samples
from tests.support.servers.feed_server import RSS, FeedServer, redirect, reply

URL = "https://outlet.example/news/index.html"
JSON = b'{"id": 1, "title": "a post", "link": "https://outlet.example/1"}'
SITEMAP = (
    b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>x</loc></url></urlset>'
)


@pytest.fixture
def settings() -> Settings:
    loaded = for_samples(settings_module.load({}))
    return replace(loaded, fetch=replace(loaded.fetch, host_delay_seconds=0, timeout_seconds=5))


@pytest.fixture
def site(feed_server: FeedServer) -> FeedServer:
    feed_server.routes |= {
        "/rss": reply(RSS),
        "/world.rss": reply(RSS),
        "/wp-json/1": reply(JSON, content_type="application/json"),
        "/api/1": reply(JSON, content_type="application/json"),
        "/map.xml": reply(SITEMAP, content_type="application/xml"),
        "/moved": redirect("/rss", "301 Moved Permanently"),
    }
    return feed_server


def serve(site: FeedServer, page: str) -> None:
    site.routes["/"] = reply(page.encode(), content_type="text/html; charset=utf-8")


def discover(site: FeedServer, settings: Settings) -> list[str]:
    links = discover_feeds(site.url("/"), settings)
    return [link.url.removeprefix(site.url("")) for link in links]


def announce(*paths: str, kind: str = "application/rss+xml") -> str:
    return "".join(f'<link rel="alternate" type="{kind}" href="{path}">' for path in paths)


def links_of(page: str | bytes, group: int) -> list[FeedLink]:
    body = page.encode() if isinstance(page, str) else page
    return next(itertools.islice(find_links(body, url=URL), group, None))


def test_announced_links_are_unique_and_ordered() -> None:
    page = """<html><head><title>x</title>
    <link rel="stylesheet" href="/style.css"><link rel=alternate hreflang=fr href=/fr>
    <LINK REL="alternate home" TYPE="application/rss+xml; charset=utf-8" HREF="rss.xml" title="News &amp; more">
    <link rel="alternate" type="application/atom+xml" href="//feeds.example/atom">
    <link rel="alternate" type="application/rss+xml" href="https://outlet.example/news/rss.xml">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
    <link rel="alternate" type="application/rss+xml" href="http://[broken">
    <link rel="alternate" type="application/rss+xml" href=" /a b.rss?x=1&amp;y=2 ">
    </head><body><a href="/other.rss">RSS</a>"""

    assert links_of(page, 0) == [
        FeedLink("https://outlet.example/news/rss.xml", "News & more"),
        FeedLink("https://feeds.example/atom", ""),
        FeedLink("https://outlet.example/a b.rss?x=1&y=2", ""),
    ]


def test_linked_feeds_follow_with_the_base_of_the_page() -> None:
    page = '<base href="https://cdn.example/"><a href="/world.rss">W</a><a href="/about">A</a>'

    assert links_of(page, 1) == [FeedLink("https://cdn.example/world.rss", "")]


@pytest.mark.parametrize(
    "page",
    [
        "<!-- {} -->",
        "<script>document.write('{}')</script>",
        "<!--[if IE]>{}<![endif]-->",
        "<textarea>{}</textarea>",
    ],
)
def test_links_in_comments_and_scripts_are_ignored(page: str) -> None:
    hidden = '<link rel="alternate" type="application/rss+xml" href="/old"><a href="/old.rss">x</a>'

    assert links_of(page.format(hidden), 0) == links_of(page.format(hidden), 1) == []


def test_sitemaps_and_wordpress_interfaces_are_ignored() -> None:
    page = announce("/wp-json/wp/v2/posts/1", kind="application/json")
    page += announce("/wp-json/oembed/1.0/embed?url=x", kind="text/xml")
    page += '<a href="/sitemap.xml">Map</a><a href="/feedback">Write to us</a>'

    assert links_of(page, 0) == links_of(page, 1) == []


def test_announced_feed_may_have_any_address() -> None:
    assert [link.url for link in links_of(announce("/feedback/feed.xml"), 0)] == [
        "https://outlet.example/feedback/feed.xml"
    ]


@pytest.mark.parametrize("page", [b"", b"<p>nothing</p>", b"\x00\xff" * 100, b"<a " * 10_000])
def test_usual_addresses_are_guesses_beside_the_page_and_at_the_root(page: bytes) -> None:
    *_, guesses = itertools.islice(find_links(page, url=URL), 3)

    assert [link.url for link in guesses[:2]] == [
        "https://outlet.example/news/feed",
        "https://outlet.example/feed",
    ]
    assert all(link.guess for link in guesses)


def test_only_real_feeds_are_returned(site: FeedServer, settings: Settings) -> None:
    serve(
        site,
        announce("/api/1", "/map.xml", "/missing", "/rss", "/moved")
        + "<!-- " + announce("/world.rss") + " -->",
    )  # fmt: skip

    assert discover_feeds(site.url("/"), settings) == [FeedLink(site.url("/rss"), "Loopback")]
    assert not site.requests_to("/world.rss")


def test_linked_feeds_are_used_if_no_announced_one_is_real(
    site: FeedServer, settings: Settings
) -> None:
    serve(site, announce("/api/1") + '<a href="/map.xml">x</a><a href="/world.rss">World</a>')

    assert discover(site, settings) == ["/world.rss"]


@pytest.mark.parametrize("path", ["/feed", "/index.xml", "/feeds/posts/default", "/?feed=rss2"])
def test_usual_addresses_are_tried(site: FeedServer, settings: Settings, path: str) -> None:
    del site.routes["/rss"]
    serve(site, announce("/wp-json/1", kind="application/json"))
    site.routes[path] = reply(RSS)

    assert discover_feeds(site.url("/"), settings) == [
        FeedLink(site.url(path), "Loopback", guess=True)
    ]


def test_usual_addresses_are_tried_if_the_page_is_forbidden(
    site: FeedServer, settings: Settings
) -> None:
    site.routes["/"] = reply(b"", "403 Forbidden")

    assert discover(site, settings) == ["/rss"]


def test_page_without_feeds_is_reported(feed_server: FeedServer, settings: Settings) -> None:
    serve(feed_server, "<p>Nothing here</p>")

    with pytest.raises(BadInputError, match="has no feeds"):
        discover_feeds(feed_server.url("/"), settings)
    with pytest.raises(FeedError, match="404"):
        discover_feeds(feed_server.url("/missing"), settings)


def test_feed_itself_is_returned(site: FeedServer, settings: Settings) -> None:
    assert discover_feeds(site.url("/moved"), settings) == [FeedLink(site.url("/rss"), "Loopback")]


def test_scheme_is_added(site: FeedServer, settings: Settings) -> None:
    serve(site, announce("/rss"))
    host = site.url("").removeprefix("http://")

    # The server does not speak TLS, so http:// follows https://.
    assert discover_feeds(host, settings) == [FeedLink(site.url("/rss"), "Loopback")]
    with pytest.raises(FeedError, match=f"https://{host}/rss"):
        fetch_feed(f"{host}/rss", settings)


@pytest.mark.parametrize(("path", "hints"), [("/page", 1), ("/malformed", 0)])
def test_only_a_page_has_the_hint_to_discover_its_feeds(
    site: FeedServer, settings: Settings, path: str, hints: int
) -> None:
    site.routes["/page"] = reply(b"<!doctype html><html><body>Hello</body></html>")
    site.routes["/malformed"] = reply(b'{"version": "https://jsonfeed.org/version/1.1", ')
    with pytest.raises(NotAFeedError) as caught:
        fetch_feed(site.url(path), settings)
    assert str(caught.value).count("samestory feeds discover") == hints


def test_text_that_is_not_a_url_is_rejected(settings: Settings) -> None:
    with pytest.raises(BadInputError, match="Invalid URL 'news'"):
        discover_feeds("news", settings)
