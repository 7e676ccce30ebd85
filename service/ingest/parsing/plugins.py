"""Plugins of a parser process that parse feeds before the built-in parser."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from service.domain.articles.entries import ParsedFeed
from service.errors import PluginError
from service.ingest.parsing.clean import clean_feed
from service.plugins.loading import load_plugin
from service.plugins.protocols import FeedParser

GROUP = "feed_parsers"


def _ignore(_name: str) -> None:
    """Do nothing; the default of `use`."""


@dataclass(slots=True)
class _Plugins:
    """The parsers of this process by name, and the failures of those that could not be loaded."""

    parsers: dict[str, FeedParser] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    announce: Callable[[str], None] = _ignore


_loaded = _Plugins()


def use(
    names: Iterable[str], *, max_seconds: float, announce: Callable[[str], None] = _ignore
) -> None:
    """Load the plugins of this process; a plugin that fails becomes a warning of each feed.

    A plugin that is not loaded after `max_seconds` fails too. `announce` receives the name of a
    plugin before its code runs and "" afterwards, so that the parent process can name the plugin
    that ended this process.
    """
    _loaded.announce = announce
    for name in names:
        announce(name)
        try:
            with _deadline(max_seconds):
                _loaded.parsers[name] = load_plugin(GROUP, name, FeedParser)
        except PluginError as error:
            _loaded.failures.append(str(error))
        announce("")


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the body after some time; only the main thread can use this."""

    def expire(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"loading exceeded {seconds:g} s (parse.timeout_seconds)")

    former = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def parse(body: bytes, *, url: str, content_type: str) -> tuple[ParsedFeed | None, list[str]]:
    """Return the feed of the first plugin that parses the body, and the failures of plugins."""
    failures = list(_loaded.failures)
    for name, parser in _loaded.parsers.items():
        _loaded.announce(name)
        try:
            feed = parser.parse(body, url=url, content_type=content_type)
            if feed is not None:
                return clean_feed(feed), failures
        except MemoryError:
            raise  # the memory limit of this process
        except Exception as error:  # noqa: BLE001 - the other parsers read the feed
            failures.append(str(PluginError.from_exception(GROUP, name, error)))
        _loaded.announce("")
    return None, failures
