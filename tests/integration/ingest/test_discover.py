"""Feed discovery on a page."""

import pytest

from service.ingest.discover import COMMON_PATHS, FeedLink, find_feeds

URL = "https://outlet.example/news/index.html"


def test_announced_feeds_are_unique_and_ordered() -> None:
    page = b"""<html><head><title>x</title>
    <link rel="stylesheet" href="/style.css"><link rel=alternate hreflang=fr href=/fr>
    <LINK REL="alternate home" TYPE="application/rss+xml; charset=utf-8" HREF="rss.xml" title="News &amp; more">
    <link rel="alternate" type="application/atom+xml" href="//feeds.example/atom">
    <link rel="alternate" type="application/rss+xml" href="https://outlet.example/news/rss.xml">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
    <link rel="alternate" type="application/rss+xml" href="http://[broken">
    </head><body><a href="/other.rss">RSS</a>"""

    assert find_feeds(page, url=URL) == [
        FeedLink("https://outlet.example/news/rss.xml", "News & more"),
        FeedLink("https://feeds.example/atom", ""),
    ]


def test_linked_feeds_are_used_without_announced_ones() -> None:
    page = b'<base href="https://cdn.example/"><a href="/world.rss">W</a><a href="/about">A</a>'

    assert find_feeds(page, url=URL) == [FeedLink("https://cdn.example/world.rss", "")]


@pytest.mark.parametrize("page", [b"", b"<p>nothing</p>", b"\x00\xff" * 100, b"<a " * 10_000])
def test_default_paths_are_guesses(page: bytes) -> None:
    links = find_feeds(page, url=URL)

    assert [link.url for link in links] == [
        f"https://outlet.example{path}" for path in COMMON_PATHS
    ]
    assert all(link.guess for link in links)
