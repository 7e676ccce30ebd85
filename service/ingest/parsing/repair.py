"""XML repair: make malformed feeds well-formed, and remove DOCTYPE attacks, in linear time.

External references are never resolved, and entities cannot expand: short plain declarations are
applied, all others are removed together with the DOCTYPE.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from html.entities import html5

#: Longer values, and values with entities, are ignored as attacks.
MAX_ENTITY_CHARACTERS = 64
MAX_ENTITIES = 500
#: A longer DOCTYPE is removed without reading its entities.
MAX_DOCTYPE_CHARACTERS = 20_000

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_PROLOG = re.compile(r"\s+|<\?[^<>]{0,2000}>|<!--.{0,20000}?-->", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_QUOTED_OR_MARK = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|[\[\]>]", re.DOTALL)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,40})\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_ANY_ENTITY = re.compile(r"<!ENTITY\b", re.IGNORECASE)
#: Named references, except the predefined ones of XML, which must stay escaped.
_NAMED = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)([A-Za-z_][\w.-]{0,39});")
_BARE_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|[A-Za-z_][\w.-]{0,39};)")
#: "<" that does not start a tag: `5 < 6`, `<3`, an unclosed comment.
_BARE_LESS_THAN = re.compile(r"<(?![^\W\d]|[:/])")
_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_SPECIAL = frozenset("<>&\"'")
_MAX_DIGITS = 8
# Many feeds contain `<?xml …>` without the second question mark.
_OPENING = re.compile(r"<!\[CDATA\[|<!--|<\?[^<>]{0,2000}>", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[", re.IGNORECASE)
_CDATA_END = "]]>"
_COMMENT_END = "-->"


class Section(Enum):
    """Kind of a section."""

    MARKUP = auto()  #: tags and text
    CDATA = auto()
    OTHER = auto()  #: comments and processing instructions


@dataclass(frozen=True, slots=True)
class RepairedXml:
    """XML without declaration and DOCTYPE; warnings list what was removed."""

    text: str
    warnings: tuple[str, ...]


def repair(text: str) -> RepairedXml:
    """Make XML safe, and well-formed if its errors are common ones.

    Removes forbidden characters, the declaration, the DOCTYPE, comments and processing
    instructions, but no line breaks. Resolves HTML entities and plain entities of the document;
    unknown references, bare "&" and bare "<" become visible text. Merges nested CDATA sections.
    """
    text = _FORBIDDEN.sub("", text)
    start = _end_of_prolog(text, 0)
    entities: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    if match := _DOCTYPE.match(text, start):
        end = _end_of_doctype(text, match.end())
        entities, warnings = _plain_entities(text[start:end])
        start = _end_of_prolog(text, end)
    lines = "\n" * text.count("\n", 0, start)
    return RepairedXml(lines + "".join(_repair_parts(text[start:], entities)), warnings)


def _repair_parts(body: str, entities: dict[str, str]) -> Iterator[str]:
    for kind, part in split_sections(_NUMBERED.sub(_resolve_numbered, body)):
        if kind is Section.MARKUP:
            resolved = _NAMED.sub(lambda match: _resolve_named(match, entities), part)
            yield _BARE_LESS_THAN.sub("&lt;", _BARE_AMPERSAND.sub("&amp;", resolved))
        elif kind is Section.CDATA:
            yield f"<![CDATA[{part}]]>"
        else:
            yield "\n" * part.count("\n")


def split_sections(document: str) -> Iterator[tuple[Section, str]]:
    """Yield the sections in document order; CDATA without its delimiters.

    A CDATA section that contains further ones is one section without the inner delimiters.
    Stray ends of CDATA sections are omitted. A section without an end is markup.
    """
    position = 0
    last_end = {end: document.rfind(end) for end in (_CDATA_END, _COMMENT_END)}
    for opening in _OPENING.finditer(document):
        start = opening.start()
        closing = _COMMENT_END if opening[0] == "<!--" else _CDATA_END
        is_instruction = opening[0].startswith("<?")
        if start < position or (not is_instruction and last_end[closing] < opening.end()):
            continue
        yield Section.MARKUP, document[position:start].replace(_CDATA_END, "")
        if is_instruction:
            position = opening.end()
            yield Section.OTHER, opening[0]
            continue
        end = document.index(closing, opening.end())
        if closing == _CDATA_END:
            end = _end_of_nested(document, opening.end(), end)
            content = document[opening.end() : end].replace(_CDATA_END, "")
            yield Section.CDATA, _CDATA.sub("", content)
        else:
            yield Section.OTHER, document[start:end]
        position = end + len(closing)
    yield Section.MARKUP, document[position:].replace(_CDATA_END, "")


def _end_of_nested(document: str, start: int, end: int) -> int:
    """Return the end of a section at `start`, which may contain further sections.

    `end` is the first end after `start`. Each section that starts before it needs one further end
    before the next section starts.
    """
    opening = _CDATA.search(document, end)
    limit = opening.start() if opening else len(document)
    for _ in _CDATA.findall(document[start:end]):
        following = document.find(_CDATA_END, end + 1, limit)
        if following < 0:
            break
        end = following
    return end


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
