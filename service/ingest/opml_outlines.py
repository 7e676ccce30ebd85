"""Outlines of an OPML document with their lines; malformed outlines are reported and omitted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lxml import etree

from service.ingest.parsing.repair import repair

_OUTLINE = re.compile(r"<((?:[\w.-]{1,20}:)?outline)\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\s*([\w:.-]{1,60})\s{0,9}=\s{0,9}(?:"([^"\n]*)"(?=[\s/>])|'([^'\n]*)'(?=[\s/>])|([^\s"'<>]+?)(?=\s|/?>))"""
)
_END_OF_TAG = re.compile(r"\s*/?>")
_NAMED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_REFERENCE = re.compile("|".join(_NAMED))
#: Maximum malformed lines that are reported, besides outlines.
_MAX_ERRORS = 5


@dataclass(frozen=True, slots=True)
class Tag:
    """The start or end of an element; names in lower case and without prefix."""

    name: str
    line: int = 0  #: of the start
    attributes: dict[str, str] | None = None  #: None at the end of an element
    text: str = ""  #: text before the end of an element


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of the document, and why it or a part of it is omitted."""

    line: int
    reason: str


def read_tags(text: str) -> tuple[list[Tag], list[Fault]]:
    """Return the tags of a document in order, and its malformed lines.

    Bare "&", HTML entities and a DOCTYPE are accepted. Without elements, the result is empty.
    """
    xml = repair(text).text
    try:
        return _read_well_formed(xml), []
    except expat.ExpatError:
        faults: list[Fault] = []
        return _read_malformed("".join(_rewrite_outlines(xml, faults)), faults), faults


def _read_well_formed(xml: str) -> list[Tag]:
    tags: list[Tag] = []
    texts: list[str] = []
    parser = expat.ParserCreate("utf-8")

    def start(name: str, attributes: dict[str, str]) -> None:
        texts.clear()
        tags.append(_start(name, parser.CurrentLineNumber, attributes))

    def end(name: str) -> None:
        tags.append(Tag(_local(name), text="".join(texts)))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    parser.Parse(xml.encode(), True)
    return tags


def _read_malformed(xml: str, faults: list[Fault]) -> list[Tag]:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True)
    root: Any = etree.fromstring(xml.encode(), parser) if xml.strip() else None
    reasons = {error.line: " ".join(error.message.split()) for error in parser.error_log}
    reported = sorted(reasons.keys() - {fault.line for fault in faults})[:_MAX_ERRORS]
    faults += [Fault(line, f"malformed XML: {reasons[line]}") for line in reported]
    return [
        _start(element.tag, element.sourceline, dict(element.attrib))
        if event == "start"
        else Tag(_local(element.tag), text=element.text or "")
        for event, element in (etree.iterwalk(root, ("start", "end")) if root is not None else ())
    ]


def _rewrite_outlines(xml: str, faults: list[Fault]) -> Iterator[str]:
    """Yield the document with quoted and escaped attributes, without malformed outlines."""
    position, line = 0, 1
    for outline in _OUTLINE.finditer(xml):
        if outline.start() < position:
            continue  # inside an attribute
        line += xml.count("\n", position, outline.start())
        yield xml[position : outline.start()]
        position = outline.end()
        attributes: dict[str, str] = {}
        while attribute := _ATTRIBUTE.match(xml, position):
            value = next(filter(None, attribute.groups()[1:]), "")
            attributes.setdefault(attribute[1], _REFERENCE.sub(lambda each: _NAMED[each[0]], value))
            position = attribute.end()
        breaks = "\n" * xml.count("\n", outline.start(), position)
        end = _END_OF_TAG.match(xml, position)
        if end is None:
            faults.append(Fault(line, "malformed outline; skipped"))
            position, omitted = _end_of_malformed(xml, outline.end())
            yield omitted
        else:
            position = end.end()
            pairs = "".join(f" {name}={quoteattr(attributes[name])}" for name in attributes)
            yield f"<{outline[1]}{pairs}{breaks}{end[0]}"
        line += xml.count("\n", outline.start(), position)
    yield xml[position:]


def _end_of_malformed(xml: str, start: int) -> tuple[int, str]:
    """Return where the next tag starts, and the replacement of a malformed start tag."""
    end = xml.find("<", start)
    end = end if end >= 0 else len(xml)
    omitted = xml[start:end]
    is_closed = omitted.rstrip().endswith("/>")
    return end, ("" if is_closed else "<outline>") + "\n" * omitted.count("\n")


def _start(name: str, line: int, attributes: dict[str, str]) -> Tag:
    # Of several attributes that differ only in case, the first one is used.
    pairs = reversed(list(attributes.items()))
    return Tag(_local(name), line, {_local(key): value for key, value in pairs})


def _local(name: str) -> str:
    return re.split(r"[:}]", name)[-1].lower()
