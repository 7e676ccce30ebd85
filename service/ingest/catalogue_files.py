"""The catalogue files of `config/`, or of a folder of sample feeds: outlets and feeds."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from service.domain.catalogue.outlets import Outlet, SiteIndex
from service.domain.catalogue.outlets import site_index as index_of
from service.domain.text.codes import country_code, language_code
from service.errors import BadInputError, SettingsError
from service.ingest.opml import OpmlFeed, read_opml
from service.settings.load import nearest, read_toml
from service.store.catalogue.feeds import NewFeed


@dataclass(frozen=True, slots=True)
class OutletFile:
    """What an `outlets.toml` says."""

    outlets: tuple[Outlet, ...]
    families: dict[str, str]  #: names by slug


def read_outlets(path: Path) -> OutletFile:
    """Read an `outlets.toml`.

    Raises:
        SettingsError: an outlet has an unknown field, or lacks its name.
        BadInputError: its country or language is none.
    """
    tables: dict[str, Any] = dict(read_toml(path))
    outlets = [_outlet(path, slug, facts) for slug, facts in tables.get("outlets", {}).items()]
    families = {slug: facts["name"] for slug, facts in tables.get("families", {}).items()}
    return OutletFile(tuple(outlets), families)


def read_feeds(
    path: Path, sites: SiteIndex, *, base_url: str = ""
) -> tuple[list[NewFeed], list[Outlet]]:
    """The feeds of an OPML file, and outlets made up for those that `sites` does not know.

    Relative feed addresses are resolved against `base_url`.
    """
    found = read_opml(read_bytes(path), name=str(path), base_url=base_url).feeds
    return with_outlets(found, sites)


def with_outlets(found: Iterable[OpmlFeed], sites: SiteIndex) -> tuple[list[NewFeed], list[Outlet]]:
    """Give each feed its outlet: by its site, by its own address, or else a new one by host."""
    feeds, made = [], dict[str, Outlet]()
    for feed in found:
        slug = sites.match(feed.site) or sites.match(feed.url)
        if slug is None:
            outlet = outlet_of_host(feed.site or feed.url, feed.title)
            slug = made.setdefault(outlet.slug, outlet).slug
        feeds.append(
            NewFeed(
                feed.url, slug, feed.title or feed.url, feed.site or None, feed.language or None
            )
        )
    return feeds, list(made.values())


def outlet_of_host(url: str, name: str = "") -> Outlet:
    """An outlet for an address that no known outlet claims, named after its host."""
    host = (urlsplit(url).hostname or "unknown").removeprefix("www.")
    return Outlet(slug=host, name=name or host, family=host, sites=(host,))


def read_bytes(path: Path) -> bytes:
    """A file's bytes; BadInputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}") from error


def known_sites(files: Iterable[OutletFile]) -> SiteIndex:
    """Finds outlets by link over some catalogue files."""
    return index_of(outlet for file in files for outlet in file.outlets)


def _outlet(path: Path, slug: str, facts: dict[str, Any]) -> Outlet:
    known = {field.name for field in fields(Outlet)} - {"slug"}
    for fact in facts:
        if fact not in known:
            raise SettingsError(f"{path}: [outlets.{slug}] has no {fact}; {nearest(fact, known)}")
    if "name" not in facts:
        raise SettingsError(f"{path}: [outlets.{slug}] lacks its name")
    facts = facts | {"sites": tuple(facts.get("sites", ())), "family": facts.get("family", slug)}
    facts |= _codes(path, slug, facts)
    return Outlet(slug=slug, **facts)


def _codes(path: Path, slug: str, facts: dict[str, Any]) -> dict[str, str]:
    """The codes among an outlet's facts, as they are stored."""
    readers = {"country": country_code, "language": language_code}
    try:
        return {name: read(str(facts[name])) for name, read in readers.items() if name in facts}
    except BadInputError as error:
        raise BadInputError(f"{path}: [outlets.{slug}]: {error}") from error
