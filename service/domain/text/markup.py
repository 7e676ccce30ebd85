"""HTML to plain text, in time that grows with the length only."""

import html
import re
from collections.abc import Iterator

#: What a feed carries beyond this many characters of HTML is not read.
MAX_HTML_CHARACTERS = 500_000

# Possessive quantifiers (`++`, `*+`) and bounded ones keep unclosed tags and quotes from being
# tried again and again.
_TOKEN = re.compile(
    r"""<(?:
        (?P<comment>!--)
      | !\[CDATA\[
      | [!?][^<>]*+>?
      | (?P<end>/?)(?P<name>[a-zA-Z][^\s<>/"'=]*+)
        (?P<rest>(?:[^<>"'=]++ | =\s{0,4}(?:"[^"<]{0,2000}+"|'[^'<]{0,2000}+') | ["'=])*+)>?
    )|\]\]>""",
    re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""([^\s=<>"'/]{1,100}+)\s{0,4}=\s{0,4}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))"""
)
_SILENT = frozenset({"script", "style", "template", "svg"})
_BLOCK_NAMES = (
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul"
)
_INLINE_NAMES = "a abbr b cite code em i img small span strong sub sup u"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_KNOWN = _BLOCKS | frozenset(_INLINE_NAMES.split())
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});")
_ENDLESS_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+;?")
_SPACE = re.compile(r"\s+")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_HIDDEN = re.compile(r"[\u00ad\u200b\u2060\ufeff]+")


def html_to_text(markup: str) -> str:
    """The words of an HTML fragment; a line for each block, whitespace normalised.

    Scripts, styles and other silent elements are left out, entities are resolved once, unclosed
    markup is read as far as it goes. Never raises.
    """
    return tidy(_unescaped("".join(_pieces(markup[:MAX_HTML_CHARACTERS]))))


def plain_to_text(text: str) -> str:
    """Plain text, normalised; text that evidently is HTML is read as such.

    Feeds label HTML as text often enough; a tag or an entity in a headline is never meant.
    """
    return html_to_text(text) if looks_like_html(text) else tidy(text)


def looks_like_html(text: str) -> bool:
    """Whether it contains an entity, or a tag that authors of articles use."""
    if _REFERENCE.search(text):
        return True
    tags = (tag for tag in _TOKEN.finditer(text) if tag["name"] and tag[0].endswith(">"))
    return any(tag["name"].lower() in _KNOWN for tag in tags)


def opening_tags(markup: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Names and attributes of all opening tags in order, names in lower case."""
    for tag in _TOKEN.finditer(markup[:MAX_HTML_CHARACTERS]):
        if tag["name"] and not tag["end"]:
            found = _ATTRIBUTE.findall(tag["rest"])
            pairs = ((name.lower(), _unescaped("".join(values))) for name, *values in found)
            yield tag["name"].lower(), dict(pairs)


def tidy(text: str) -> str:
    """Text without control and invisible characters, single spaces, no empty lines."""
    lines = (one_line(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """The same on a single line."""
    return " ".join(_HIDDEN.sub("", _UNFIT.sub(" ", text)).split())


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning up to the last whole word within the limit, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ", limit // 2)
    return head[: cut if cut > 0 else None].rstrip(" \n,;:–—-") + "…"


def _pieces(markup: str) -> Iterator[str]:
    """Text and line breaks in order."""
    position, silent = 0, ""
    while token := _TOKEN.search(markup, position):
        if not silent:
            yield _SPACE.sub(" ", markup[position : token.start()])
        position = token.end()
        name = (token["name"] or "").lower()
        if token["comment"]:
            position = _after(markup, "-->", position)
        elif silent:
            silent = "" if token["end"] and name == silent else silent
        elif name in _SILENT and not token["end"] and not (token["rest"] or "").endswith("/"):
            silent = name
        elif name in _BLOCKS:
            yield "\n"
    if not silent:
        yield _SPACE.sub(" ", markup[position:])


def _unescaped(text: str) -> str:
    # The library fails on references of thousands of digits; none of nine means a character.
    return html.unescape(_ENDLESS_REFERENCE.sub("", text))


def _after(markup: str, mark: str, position: int) -> int:
    # An unclosed comment ends everything, as in a browser.
    found = markup.find(mark, position)
    return len(markup) if found < 0 else found + len(mark)
