"""Rules of the project ClearURLs: tracking parameters and redirects by site.

`config/clearurls.json` is the unchanged file of https://github.com/ClearURLs/Rules. To update it,
replace the file.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from service.settings.paths import CONFIG_DIR

#: Rules for the names of parameters that a site may also use to select an article: `spm`, and any
#: name that ends in `mc`.
_AMBIGUOUS_RULES = frozenset({"(?:%3F)?spm", "(?:%3F)?[a-z]?mc"})
#: The beginning of a pattern up to the slash that ends the host.
_HOST = re.compile(r"^(\^\w+\??:\\?/\\?/.*?)\\?/.*$")


@dataclass(frozen=True, slots=True)
class UrlPattern:
    """A pattern of URLs, and its beginning up to the path for a fast check of the host."""

    whole: re.Pattern[str]
    host: re.Pattern[str]

    def may_match(self, origin: str) -> bool:
        """Whether URLs with this scheme and host can match."""
        return self.host.match(f"{origin}/") is not None


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The rules for all URLs that match a pattern, without those that match an exception."""

    urls: UrlPattern
    parameters: re.Pattern[str] | None  #: matches the whole name of a tracking parameter
    redirects: tuple[UrlPattern, ...]  #: the first group is the escaped target
    exceptions: tuple[UrlPattern, ...]


@cache
def load_rules() -> tuple[SiteRules, ...]:
    """Load the rules of all sites; the file is read once per process."""
    document = json.loads((CONFIG_DIR / "clearurls.json").read_text("utf-8"))
    return tuple(_compile_rules(site) for site in document["providers"].values())


def _compile_rules(site: dict[str, Any]) -> SiteRules:
    names = [rule for rule in site["rules"] if rule not in _AMBIGUOUS_RULES]
    return SiteRules(
        urls=_compile_url(site["urlPattern"]),
        parameters=re.compile("|".join(names), re.IGNORECASE) if names else None,
        redirects=tuple(map(_compile_url, site["redirections"])),
        exceptions=tuple(map(_compile_url, site["exceptions"])),
    )


def _compile_url(pattern: str) -> UrlPattern:
    whole = re.compile(pattern, re.IGNORECASE)
    try:
        host = re.compile(_HOST.sub(r"\1", pattern), re.IGNORECASE)
    except re.error:  # the first slash is inside a group
        host = re.compile("")
    return UrlPattern(whole, host)
