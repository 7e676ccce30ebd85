"""Plugins of a parser process that parse feeds before the built-in parser."""

from collections.abc import Iterable

from service.domain.articles.entries import ParsedFeed
from service.errors import PluginError
from service.ingest.parsing.clean import clean_feed
from service.plugins.loading import load_plugin
from service.plugins.protocols import FeedParser

_GROUP = "feed_parsers"
#: The parsers of this process by name, and the failures of those that could not be loaded.
_parsers: dict[str, FeedParser] = {}
_failures: list[str] = []


def use(names: Iterable[str]) -> None:
    """Load the plugins of this process; a plugin that fails becomes a warning of each feed."""
    for name in names:
        try:
            _parsers[name] = load_plugin(_GROUP, name, FeedParser)
        except PluginError as error:
            _failures.append(str(error))


def parse(body: bytes, *, url: str, content_type: str) -> tuple[ParsedFeed | None, list[str]]:
    """Return the feed of the first plugin that parses the body, and the failures of plugins."""
    failures = list(_failures)
    for name, parser in _parsers.items():
        try:
            feed = parser.parse(body, url=url, content_type=content_type)
            if feed is not None:
                return clean_feed(feed), failures
        except MemoryError:
            raise  # the memory limit of this process
        except Exception as error:  # noqa: BLE001 - the other parsers read the feed
            failures.append(str(PluginError.from_exception(_GROUP, name, error)))
    return None, failures
