"""Which outlet a link belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher, one brand, as `config/outlets.toml` describes it."""

    slug: str
    name: str
    country: str | None = None  #: ISO 3166-1 alpha-2
    language: str | None = None  #: ISO 639-1
    family: str = ""  #: slug of the owner; outlets of one family count once
    agency: bool = False
    sites: tuple[str, ...] = ()  #: prefixes, host or host/path


class SiteIndex:
    """Finds the outlet whose site is the longest prefix of a link."""

    def __init__(self, sites: Mapping[str, str]) -> None:
        """`sites` maps host or host/path prefixes to slugs."""
        self._sites = {site.rstrip("/").lower(): slug for site, slug in sites.items()}

    def match(self, url: str | None) -> str | None:
        """The slug, or None for a link of no known outlet or one that is no URL."""
        for prefix in _prefixes(url or ""):
            if slug := self._sites.get(prefix):
                return slug
        return None


def site_index(outlets: Iterable[Outlet]) -> SiteIndex:
    """The index of all outlets' sites."""
    return SiteIndex({site: outlet.slug for outlet in outlets for site in outlet.sites})


def _prefixes(url: str) -> Iterable[str]:
    """host/path and host, longest path first; then the same for each parent domain."""
    try:
        parts = urlsplit(url.lower())
        host = parts.hostname or ""
    except ValueError:
        return
    path = [step for step in parts.path.split("/") if step]
    labels = host.split(".")
    for start in range(max(len(labels) - 1, 1)):
        domain = ".".join(labels[start:])
        for end in range(len(path), 0, -1):
            yield f"{domain}/{'/'.join(path[:end])}"
        yield domain
