"""Publishers that aggregators name: their site, their outlet, and their name after headlines."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from service.domain.articles.entries import FeedContext, Publisher
from service.domain.catalogue.outlets import Outlet
from service.domain.catalogue.sites import (
    find_site,
    names_publisher,
    registered_domain,
    serves_others,
)

#: A feed whose links lead to at least this many other domains is an aggregator ...
_MIN_DOMAINS = 3
#: ... if these links are at least this share of its links.
_MIN_SHARE = 0.6
_SUFFIX = re.compile(r"\s+[-–—|·]\s+(?P<name>[^|·]{2,80})$")


def named_publisher(publisher: Publisher | None, feed: FeedContext) -> Publisher | None:
    """Return the publisher that an entry names.

    None if the entry names none or that of the feed itself, or if the URL belongs to a service that
    hosts, lists or forwards articles of others.
    """
    if publisher is None or serves_others(publisher.url) or not names_publisher(publisher.url):
        return None
    own = {"", domain_of(feed.url), domain_of(feed.link)}
    return publisher if domain_of(publisher.url) not in own else None


def is_planet(links: Iterable[str], feed: FeedContext) -> bool:
    """Whether the links of a document lead to the sites of many publishers."""
    own = {domain_of(feed.url), domain_of(feed.link)}
    domains = [domain for link in links if (domain := domain_of(link))]
    foreign = [domain for domain in domains if domain not in own]
    return len(set(foreign)) >= _MIN_DOMAINS and len(foreign) >= _MIN_SHARE * len(domains)


def make_outlet(publisher: Publisher) -> Outlet:
    """Return an outlet for a publisher without one; its family is the registered domain."""
    site = find_site(publisher.url)
    name = publisher.name or site.prefix
    family = site.family.replace("/", "-")
    return Outlet(slug=site.slug, name=name, family=family, sites=(site.prefix,))


def strip_publisher(title: str, publisher: Publisher) -> str:
    """Return a headline without the name of its publisher at the end, such as " - Reuters"."""
    match = _SUFFIX.search(title)
    if match is None or _letters(match["name"]) not in _names(publisher):
        return title
    return title[: match.start()]


def repeats_headline(text: str, title: str, publisher: Publisher) -> bool:
    """Whether a text contains only the headline and the name of the publisher."""
    words = _letters(text)
    headline = _letters(strip_publisher(title, publisher))
    return words.startswith(headline) and words[len(headline) :] in _names(publisher) | {""}


def domain_of(url: str) -> str:
    """Return the registered domain of a URL; an empty string if it has no host."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return registered_domain(host) if host else ""


def _names(publisher: Publisher) -> set[str]:
    """Return the spellings of a publisher's name: as given, its host, its domain label."""
    site = find_site(publisher.url)
    host, domain = site.prefix.partition("/")[0], domain_of(publisher.url)
    spellings: Sequence[str] = (publisher.name, host, domain, domain.partition(".")[0])
    return {letters for text in spellings if (letters := _letters(text))}


def _letters(text: str) -> str:
    text = text.casefold().removeprefix("www.")
    return "".join(character for character in text if character.isalnum())
