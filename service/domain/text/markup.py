"""HTML to plain text conversion in linear time, and whitespace normalization."""

import html
import re
from collections.abc import Iterator

from service.domain.text.cleaning import clean_text

#: HTML beyond this many characters is ignored.
MAX_HTML_CHARACTERS = 500_000

# Possessive (`++`, `*+`) and bounded quantifiers prevent backtracking on unclosed tags and quotes.
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
_HIDDEN_ELEMENTS = frozenset({"script", "style", "template", "svg"})
_BLOCK_NAMES = (
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul"
)
_INLINE_NAMES = "a abbr b cite code em i img small span strong sub sup u"
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_COMMON_TAGS = _BLOCKS | frozenset(_INLINE_NAMES.split())
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});")
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+;?")
_SPACE = re.compile(r"\s+")


def html_to_text(markup: str) -> str:
    """Return the text of an HTML fragment: one line per block, whitespace normalised.

    Scripts, styles and similar elements are removed, character references are decoded once, and
    unclosed markup is accepted. Never raises.
    """
    markup = markup[:MAX_HTML_CHARACTERS]
    text = "".join(_text_parts(markup)) if "<" in markup or "]]>" in markup else _one_block(markup)
    return tidy(_unescape(text))


def plain_to_text(text: str) -> str:
    """Return normalised plain text; text that contains HTML is converted first.

    Many feeds label HTML as plain text, and a tag or entity in a title is never intended.
    """
    return html_to_text(text) if looks_like_html(text) else tidy(text)


def looks_like_html(text: str) -> bool:
    """Whether the text contains a character reference, CDATA or a common tag of articles."""
    if "&" in text and _REFERENCE.search(text):
        return True
    if "<" not in text:
        return False
    if "<![CDATA[" in text:
        return True
    tags = (tag for tag in _TOKEN.finditer(text) if tag["name"] and tag[0].endswith(">"))
    return any(tag["name"].lower() in _COMMON_TAGS for tag in tags)


def tidy(text: str) -> str:
    """Return text without control or invisible characters, repeated spaces and empty lines."""
    if text.isprintable():
        return one_line(text)  # no printable character breaks a line; the check is cheap
    lines = (one_line(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Return text like `tidy`, but joined into one line."""
    return " ".join(clean_text(text).split())


def shorten(text: str, limit: int) -> str:
    """Return the text cut after the last whole word within `limit` characters, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ", limit // 2)
    return head[: cut if cut > 0 else None].rstrip(" \n,;:–—-") + "…"


def _text_parts(markup: str) -> Iterator[str]:
    """Yield text parts and line breaks in document order."""
    position, hidden = 0, ""
    while token := _TOKEN.search(markup, position):
        if not hidden:
            yield _one_block(markup[position : token.start()])
        position = token.end()
        name = (token["name"] or "").lower()
        if token["comment"]:
            end = markup.find("-->", position)
            position = end + 3 if end >= 0 else len(markup)  # as browsers do
        elif hidden:
            hidden = "" if token["end"] and name == hidden else hidden
        elif (
            name in _HIDDEN_ELEMENTS
            and not token["end"]
            and not (token["rest"] or "").endswith("/")
        ):
            hidden = name
        elif name in _BLOCKS:
            yield "\n"
    if not hidden:
        yield _one_block(markup[position:])


def _one_block(text: str) -> str:
    """Return text without line breaks, which end no block in HTML."""
    # The only printable white space is the space; `tidy` joins repeated ones.
    return text if text.isprintable() else _SPACE.sub(" ", text)


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    # html.unescape() fails on references of thousands of digits; nine or more are never valid.
    return html.unescape(_LONG_REFERENCE.sub("", text))
