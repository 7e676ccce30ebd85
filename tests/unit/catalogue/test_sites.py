"""Sites of publishers on their own hosts and on hosting services."""

import pytest

from service.domain.catalogue.sites import find_site, names_publisher, serves_others


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("https://www.outlet.example/world", "outlet.example"),
        ("https://feeds.feedburner.com/HarbourPost", "feeds.feedburner.com/harbourpost"),
        ("https://medium.com/feed/@ann", "medium.com/@ann"),
        ("https://medium.com/@ann/bridge-1f", "medium.com/@ann"),
        ("https://ann.medium.com/feed", "ann.medium.com"),
        ("https://www.youtube.com/feeds/videos.xml?channel_id=UC7", "youtube.com/uc7"),
        ("https://www.reddit.com/r/news/.rss", "reddit.com/r/news"),
        ("https://news.google.com/rss/search?q=wire+x&hl=en", "news.google.com/wire-x"),
        ("https://[broken", "unknown"),
        ("", "unknown"),
    ],
)
def test_site_of_a_url(url: str, prefix: str) -> None:
    assert find_site(url).prefix == prefix
    assert "/" not in find_site(url).slug


@pytest.mark.parametrize(
    ("url", "family"),
    [
        ("https://sport.outlet.example/", "outlet.example"),
        ("https://sport.outlet.co.uk/", "outlet.co.uk"),
        ("https://ann.blogspot.com/", "ann.blogspot.com"),
        ("https://medium.com/@ann", "medium.com/@ann"),
        ("http://127.0.0.1:8000/feed", "127.0.0.1"),
    ],
)
def test_family_is_the_registered_domain(url: str, family: str) -> None:
    assert find_site(url).family == family


def test_home_page_of_a_service_names_no_publisher() -> None:
    assert not names_publisher("https://medium.com/")
    assert not names_publisher("")
    assert names_publisher("https://medium.com/@ann")


@pytest.mark.parametrize(
    ("url", "serves"),
    [
        ("https://feeds.feedburner.com/HarbourPost", True),
        ("https://news.google.com/rss", True),
        ("https://medium.com/@ann", False),
        ("https://outlet.example/feed", False),
    ],
)
def test_feed_services_and_aggregators_serve_others(url: str, *, serves: bool) -> None:
    assert serves_others(url) is serves
