"""Parts of titles, bylines, URLs and categories, as the tables of `type_evidence` list them."""

import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

_SEPARATOR = re.compile(r"\s*[:：|｜【】]\s*|\s+[–—-]+\s+|\s*—\s*")
_SEPARATING = frozenset(":：|｜【】–—-")
_BYLINE_SEPARATOR = re.compile(r"\s*[,;/|()]\s*|\s+(?:[–—-]|and|by)\s+|^by\s+")
#: Every part begins with a character, so that the search for beginnings is fast.
_QUOTATION = re.compile(
    r"[“„«][^“„«»”\n]*[”“»]|\"[^\"\n]*\"|['‘](?<!\w['‘])[^‘\n]*['’](?!\w)|[“„«\"].*"
)
#: Longest second-level part of a public suffix.
_MAX_SECOND_LEVEL = 3
_NUMBER_SUFFIX = re.compile(r"(?<![ \d])(?:[ ]?\d++)++$")


def without_quotations(text: str) -> str:
    """Replace each quotation by a space; a quotation without an end ends with its line."""
    return _QUOTATION.sub(" ", unicodedata.normalize("NFKC", html.unescape(text)))


def normalize(text: str) -> str:
    """Decode entities, which some feeds escape twice, compose letters and join white space."""
    return " ".join(unicodedata.normalize("NFKC", html.unescape(text)).split())


def title_parts(title: str) -> list[str]:
    """The parts of a title between colons, bars and dashes, in lower case."""
    text = normalize(title).lower()
    # The search takes longer than all else here, and most titles have no such character.
    pieces = [text] if _SEPARATING.isdisjoint(text) else _SEPARATOR.split(text)
    parts = (part.strip(" .!…'’\"“”") for part in pieces)
    return [part for part in parts if part]


def byline_parts(author: str) -> list[str]:
    """The authors of a byline and their functions, in lower case."""
    parts = (part.strip(" .") for part in _BYLINE_SEPARATOR.split(normalize(author).lower()))
    return [part for part in parts if part]


def url_names(url: str) -> Iterator[str]:
    """The parts of a URL's subdomains and path, decoded, in lower case, without final numbers."""
    try:
        parts = urlsplit(url)
        labels = (parts.hostname or "").split(".")
    except ValueError:
        return
    # The registered domain has a label more under suffixes such as co.uk and com.mx.
    suffix = 3 if len(labels) > 1 and len(labels[-2]) <= _MAX_SECOND_LEVEL else 2
    for segment in [*labels[:-suffix], *unquote(parts.path).lower().split("/")]:
        name = re.sub(r"[-_+ ]+", " ", segment.rsplit(".", 1)[0]).strip()
        yield _NUMBER_SUFFIX.sub("", name)


def category_names(category: str) -> list[str]:
    """The levels of a feed category such as `News/Opinion`, in lower case."""
    return [re.sub(r"[-_ ]+", " ", level).strip() for level in category.lower().split("/")]
