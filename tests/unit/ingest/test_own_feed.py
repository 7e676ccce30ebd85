"""Feeds of the service itself cannot be added."""

from dataclasses import replace

import pytest

from service.errors import BadInputError
from service.ingest.add_feed import fetch_feed
from service.settings.load import load


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/v1/stories/feed",
        "https://news.example:443/v1/stories/feed.rss",
        "http://127.0.0.1:8123/v1/stories/feed",
        "http://localhost:8123/v1/stories/feed",
    ],
)
def test_own_feed_is_rejected(url: str) -> None:
    settings = load({})
    web = replace(settings.web, site="https://news.example", port=8123)
    with pytest.raises(BadInputError, match="belongs to this service"):
        fetch_feed(url, replace(settings, web=web))
