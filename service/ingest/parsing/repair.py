"""XML as publishers write it to XML that a strict parser can read; pure, in linear time.

Nothing here resolves what lies outside the document, and no entity can grow: declarations that
are short and plain are applied, all others are dropped together with the DOCTYPE.
"""

import re
from dataclasses import dataclass
from html.entities import html5

#: A value that is longer, or that holds another entity, belongs to an attack rather than to a feed.
MAX_ENTITY_CHARACTERS = 64
MAX_ENTITIES = 500
#: A longer document type is dropped unread.
MAX_DOCTYPE_CHARACTERS = 20_000

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_PROLOG = re.compile(r"\s+|<\?.{0,2000}?\?>|<!--.{0,20000}?-->", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_QUOTED_OR_MARK = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|[\[\]>]", re.DOTALL)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,40})\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_ANY_ENTITY = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_NAMED = re.compile(r"&([A-Za-z_][\w.-]{0,39});")
_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: What XML itself knows, and must keep escaped.
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_SPECIAL = frozenset("<>&\"'")
_MAX_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Repaired:
    """XML without declaration and document type; warnings say what was left out."""

    text: str
    warnings: tuple[str, ...]


def repair(text: str) -> Repaired:
    """Make XML safe and, where its faults are common ones, well-formed.

    Removes characters that XML forbids, the declaration and the DOCTYPE; resolves HTML's and the
    document's own plain entities; references to nothing become visible text.
    """
    text = _FORBIDDEN.sub("", text)
    start = _end_of_prolog(text, 0)
    entities: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    if found := _DOCTYPE.match(text, start):
        end = _end_of_doctype(text, found.end())
        entities, warnings = _plain_entities(text[start:end])
        start = _end_of_prolog(text, end)
    body = _NUMBERED.sub(_numbered, text[start:])
    return Repaired(_NAMED.sub(lambda name: _named(name, entities), body), warnings)


def _end_of_prolog(text: str, position: int) -> int:
    while found := _PROLOG.match(text, position):
        position = found.end()
    return position


def _end_of_doctype(text: str, position: int) -> int:
    depth = 0
    for found in _QUOTED_OR_MARK.finditer(text, position, position + MAX_DOCTYPE_CHARACTERS):
        depth += {"[": 1, "]": -1}.get(found[0], 0)
        if found[0] == ">" and depth == 0:
            return found.end()
    # Unclosed: what follows the first mark is read as document, and faults there are reported.
    return text.find(">", position) + 1 or len(text)


def _plain_entities(doctype: str) -> tuple[dict[str, str], tuple[str, ...]]:
    declared = {name: one or other for name, one, other in _ENTITY.findall(doctype)}
    plain = {
        name: _NUMBERED.sub(_numbered, value)
        for name, value in list(declared.items())[:MAX_ENTITIES]
        if len(value) <= MAX_ENTITY_CHARACTERS
        and "<" not in value
        and "&" not in _NUMBERED.sub("", value)
        and name not in _XML_NAMES
    }
    dropped = len(_ANY_ENTITY.findall(doctype)) - len(plain)
    warning = f"{dropped} entity declarations ignored: external, nested, too long or too many"
    return plain, (warning,) if dropped else ()


def _named(found: re.Match[str], entities: dict[str, str]) -> str:
    name = found[1]
    if name in _XML_NAMES:
        return found[0]
    value = entities.get(name, html5.get(f"{name};"))
    if value is None:
        return f"&amp;{name};"
    return "".join(f"&#{ord(sign)};" if sign in _SPECIAL else sign for sign in value)


def _numbered(found: re.Match[str]) -> str:
    digits, base = (found[1], 16) if found[1] else (found[2], 10)
    code = int(digits, base) if len(digits) <= _MAX_DIGITS else 0
    allowed = 0 < code <= 0x10FFFF and not _FORBIDDEN.match(chr(code))  # noqa: PLR2004 - Unicode's end
    return f"&#{code};" if allowed else ""
