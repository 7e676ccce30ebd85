"""Catalogue files: outlets.toml and OPML feed lists in `config/` or a sample folder."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from service.domain.articles.type_names import parse_type
from service.domain.catalogue.outlets import Outlet, SiteIndex
from service.domain.catalogue.outlets import site_index as index_of
from service.domain.catalogue.sites import find_site, is_hosting_service, names_publisher
from service.domain.locales.codes import country_code, language_code
from service.errors import BadInputError, SettingsError
from service.ingest.opml import OpmlFeed, read_opml
from service.settings.sources import nearest, read_toml
from service.store.catalogue.feeds import NewFeed


@dataclass(frozen=True, slots=True)
class OutletFile:
    """The contents of an `outlets.toml`."""

    outlets: tuple[Outlet, ...]
    families: dict[str, str]  #: names by slug


def read_outlets(path: Path) -> OutletFile:
    """Read an `outlets.toml`.

    Raises:
        SettingsError: an outlet has an unknown field or no name.
        BadInputError: a country code, a language code or an article type is invalid.
    """
    tables: dict[str, Any] = dict(read_toml(path))
    outlets = [
        _parse_outlet(path, slug, values) for slug, values in tables.get("outlets", {}).items()
    ]
    families = {slug: values["name"] for slug, values in tables.get("families", {}).items()}
    return OutletFile(tuple(outlets), families)


def read_feeds(
    path: Path, sites: SiteIndex, *, base_url: str = ""
) -> tuple[list[NewFeed], list[Outlet]]:
    """Read the feeds of an OPML file, and create outlets for feeds of unknown sites.

    Relative feed URLs are resolved against `base_url`.
    """
    opml = read_opml(read_bytes(path), name=str(path), base_url=base_url)
    return assign_outlets(opml.feeds, sites)


def assign_outlets(
    opml_feeds: Iterable[OpmlFeed], sites: SiteIndex
) -> tuple[list[NewFeed], list[Outlet]]:
    """Find the outlet of each feed by its site or URL, or create one for its site.

    Feeds on a hosting service such as Feedburner have an outlet each, unless they name their site.
    """
    feeds, new_outlets = [], dict[str, Outlet]()
    for feed in opml_feeds:
        url = feed.site if names_publisher(feed.site) else feed.url
        slug = sites.match(feed.site) or sites.match(feed.url)
        if slug is None or is_hosting_service(slug):
            outlet = outlet_of_site(url, feed.title)
            slug = new_outlets.setdefault(outlet.slug, outlet).slug
        feeds.append(
            NewFeed(
                feed.url,
                slug,
                feed.title or feed.url,
                feed.site or None,
                feed.language or None,
                feed.status,
                feed.folders,
                feed.categories,
            )
        )
    return feeds, list(new_outlets.values())


def outlet_of_site(url: str, name: str = "") -> Outlet:
    """Create an outlet for a URL of an unknown site, named after its host."""
    site = find_site(url)
    return Outlet(slug=site.slug, name=name or site.prefix, family=site.slug, sites=(site.prefix,))


def read_bytes(path: Path) -> bytes:
    """Read a file; raise BadInputError if that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}") from error


def index_sites(files: Iterable[OutletFile]) -> SiteIndex:
    """Build the site index of all outlets in the given files."""
    return index_of(outlet for file in files for outlet in file.outlets)


def _parse_outlet(path: Path, slug: str, values: dict[str, Any]) -> Outlet:
    names = {field.name for field in fields(Outlet)} - {"slug"}
    for name in values:
        if name not in names:
            raise SettingsError(
                f"{path}: unknown field {name!r} in [outlets.{slug}]; {nearest(name, names)}"
            )
    if "name" not in values:
        raise SettingsError(f"{path}: [outlets.{slug}] has no name; add `name`")
    values = values | {
        "sites": tuple(values.get("sites", ())),
        "family": values.get("family", slug),
    }
    parsers: dict[str, Callable[[str], str]] = {
        "country": country_code,
        "language": language_code,
        "article_type": parse_type,
    }
    try:
        values |= {
            name: parse(str(values[name])) for name, parse in parsers.items() if name in values
        }
    except BadInputError as error:
        raise BadInputError(f"{path}: [outlets.{slug}]: {error}") from error
    return Outlet(slug=slug, **values)
