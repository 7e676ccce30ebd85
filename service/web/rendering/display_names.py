"""Names of outlets, types, languages and countries for readers; excerpts; direction of text."""

import re
from collections.abc import Iterable

from service.domain.articles.article_types import ArticleType
from service.domain.counts.dimensions import Dimension
from service.domain.locales.names import country_name, direction, language_name
from service.store.story_views.reports import OutletInfo, Report

__all__ = [
    "TYPE_NAMES",
    "country_name",
    "direction",
    "distinct",
    "excerpt",
    "language_name",
    "latin_name",
    "outlet_names",
    "outlets_by_slug",
    "value_name",
    "with_latin_name",
]

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")

TYPE_NAMES = {
    ArticleType.REPORT: "Report",
    ArticleType.LIVE: "Live page",
    ArticleType.ROUNDUP: "Round-up",
    ArticleType.OPINION: "Opinion",
    ArticleType.SATIRE: "Satire",
    ArticleType.SPONSORED: "Sponsored",
    ArticleType.MEDIA: "Pictures, video or audio",
    ArticleType.SERIES: "Series",
}


def outlet_names(reports: Iterable[Report]) -> dict[str, str]:
    """Outlet names by slug, in order of their first reports."""
    return {report.outlet.slug: report.outlet.name for report in reports}


def outlets_by_slug(reports: Iterable[Report]) -> dict[str, OutletInfo]:
    """Outlets by slug, in order of their first reports."""
    return {report.outlet.slug: report.outlet for report in reports}


def latin_name(name: str, slug: str) -> str:
    """The words of an outlet's slug, for a name without Latin letters; empty for other names.

    Slugs have Latin letters only: the slug of "Вестник Заречья" is `vestnik-zarechya`.
    """
    return "" if name.isascii() or _LATIN.search(name) else slug.replace("-", " ").title()


def with_latin_name(name: str, slug: str) -> str:
    """The name of an outlet or owner, with its Latin form if it has no Latin letters."""
    latin = latin_name(name, slug)
    return f"{name} ({latin})" if latin else name


def value_name(dimension: Dimension, value: str) -> str:
    """Display name of a country, language or type; any other value is its own name."""
    if not value:
        return "None" if dimension is Dimension.STORYLINE else "Unknown"
    if dimension is Dimension.COUNTRY:
        return country_name(value)
    if dimension is Dimension.LANGUAGE:
        return language_name(value)
    return TYPE_NAMES[ArticleType(value)] if dimension is Dimension.TYPE else value


def excerpt(text: str, *, limit: int = 300) -> str:
    """The first `limit` characters in one line, cut at a word boundary if possible."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    start = line[:limit]
    if " " in start[limit // 2 :]:
        start = start.rsplit(" ", 1)[0]
    return start.rstrip(" ,;:–-") + "…"


def distinct(values: Iterable[str | None]) -> list[str]:
    """Values without None and duplicates, in order of first appearance."""
    return list(dict.fromkeys(value for value in values if value))
