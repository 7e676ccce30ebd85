"""XML repair: make malformed feeds well-formed, and remove DOCTYPE attacks, in linear time.

External references are never resolved, and entities cannot expand: short plain declarations are
applied, all others are removed together with the DOCTYPE.
"""

import re
from dataclasses import dataclass
from html.entities import html5

#: Longer values, and values with entities, are ignored as attacks.
MAX_ENTITY_CHARACTERS = 64
MAX_ENTITIES = 500
#: A longer DOCTYPE is removed without reading its entities.
MAX_DOCTYPE_CHARACTERS = 20_000

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_PROLOG = re.compile(r"\s+|<\?.{0,2000}?\?>|<!--.{0,20000}?-->", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_QUOTED_OR_MARK = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|[\[\]>]", re.DOTALL)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,40})\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_ANY_ENTITY = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_NAMED = re.compile(r"&([A-Za-z_][\w.-]{0,39});")
_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: Predefined XML entities, which must stay escaped.
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_SPECIAL = frozenset("<>&\"'")
_MAX_DIGITS = 8


@dataclass(frozen=True, slots=True)
class RepairedXml:
    """XML without declaration and DOCTYPE; warnings list what was removed."""

    text: str
    warnings: tuple[str, ...]


def repair(text: str) -> RepairedXml:
    """Make XML safe, and well-formed if its errors are common ones.

    Removes forbidden characters, the declaration and the DOCTYPE. Resolves HTML entities and plain
    entities of the document; unknown references become visible text.
    """
    text = _FORBIDDEN.sub("", text)
    start = _end_of_prolog(text, 0)
    entities: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    if match := _DOCTYPE.match(text, start):
        end = _end_of_doctype(text, match.end())
        entities, warnings = _plain_entities(text[start:end])
        start = _end_of_prolog(text, end)
    body = _NUMBERED.sub(_resolve_numbered, text[start:])
    return RepairedXml(_NAMED.sub(lambda match: _resolve_named(match, entities), body), warnings)


def _end_of_prolog(text: str, position: int) -> int:
    while match := _PROLOG.match(text, position):
        position = match.end()
    return position


def _end_of_doctype(text: str, position: int) -> int:
    depth = 0
    for match in _QUOTED_OR_MARK.finditer(text, position, position + MAX_DOCTYPE_CHARACTERS):
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if match[0] == ">" and depth == 0:
            return match.end()
    # Unclosed: the document starts after the first ">", and the parser reports its errors.
    return text.find(">", position) + 1 or len(text)


def _plain_entities(doctype: str) -> tuple[dict[str, str], tuple[str, ...]]:
    declared = {name: one or other for name, one, other in _ENTITY.findall(doctype)}
    plain = {
        name: _NUMBERED.sub(_resolve_numbered, value)
        for name, value in list(declared.items())[:MAX_ENTITIES]
        if len(value) <= MAX_ENTITY_CHARACTERS
        and "<" not in value
        and "&" not in _NUMBERED.sub("", value)
        and name not in _XML_NAMES
    }
    dropped = len(_ANY_ENTITY.findall(doctype)) - len(plain)
    warning = f"{dropped} entity declarations ignored: external, nested, too long or too many"
    return plain, (warning,) if dropped else ()


def _resolve_named(match: re.Match[str], entities: dict[str, str]) -> str:
    name = match[1]
    if name in _XML_NAMES:
        return match[0]
    value = entities.get(name, html5.get(f"{name};"))
    if value is None:
        return f"&amp;{name};"
    return "".join(
        f"&#{ord(character)};" if character in _SPECIAL else character for character in value
    )


def _resolve_numbered(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    code = int(digits, base) if len(digits) <= _MAX_DIGITS else 0
    allowed = 0 < code <= 0x10FFFF and not _FORBIDDEN.match(chr(code))  # noqa: PLR2004 - Unicode's end
    return f"&#{code};" if allowed else ""
