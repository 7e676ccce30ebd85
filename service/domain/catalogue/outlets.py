"""Outlets, and the lookup of the outlet that a URL belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from service.domain.articles.article_types import ArticleType


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publisher brand, with the fields of `config/outlets.toml`."""

    slug: str
    name: str
    country: str | None = None  #: ISO 3166-1 alpha-2
    language: str | None = None  #: ISO 639-1
    family: str = ""  #: slug of the owner; a family counts once as an independent source
    agency: bool = False
    article_type: ArticleType | None = None  #: usual type of its articles
    sites: tuple[str, ...] = ()  #: URL prefixes: host or host/path


class SiteIndex:
    """Lookup of the outlet whose site is the longest prefix of a URL."""

    def __init__(self, sites: Mapping[str, str]) -> None:
        """`sites` maps host or host/path prefixes to slugs."""
        self._sites = {site.rstrip("/").lower(): slug for site, slug in sites.items()}

    def match(self, url: str | None) -> str | None:
        """Return the slug of the outlet, or None for an unknown site or an invalid URL."""
        for prefix in _prefixes(url or ""):
            if slug := self._sites.get(prefix):
                return slug
        return None


def site_index(outlets: Iterable[Outlet]) -> SiteIndex:
    """Build an index of the sites of all outlets."""
    return SiteIndex({site: outlet.slug for outlet in outlets for site in outlet.sites})


def _prefixes(url: str) -> Iterable[str]:
    """Yield host/path and host, longest path first; then the same for each parent domain."""
    try:
        parts = urlsplit(url.lower())
        host = parts.hostname or ""
    except ValueError:
        return
    path = [segment for segment in parts.path.split("/") if segment]
    labels = host.split(".")
    for start in range(max(len(labels) - 1, 1)):
        domain = ".".join(labels[start:])
        for end in range(len(path), 0, -1):
            yield f"{domain}/{'/'.join(path[:end])}"
        yield domain
