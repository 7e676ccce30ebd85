"""Whether a feed is valid: by RELAX NG for Atom and RSS (lxml), by JSON schema for JSON Feed."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from lxml import etree

SCHEMAS = Path(__file__).parent / "schemas"
NAMES = {"a": "http://www.w3.org/2005/Atom"}
#: What RFC 4287 asks for in words (4.1.1, 4.1.2, 4.2.7), as paths that must find nothing.
FORBIDDEN = {
    "an entry has no author, nor has the feed": "/a:feed[not(a:author)]/a:entry[not(a:author)]",
    "an entry has neither content nor a link to it": (
        "//a:entry[not(a:content)][not(a:link[@rel='alternate' or not(@rel)])]"
    ),
    "two links lead to the same, for the same": (
        "//a:link[@rel='alternate'][@type = preceding-sibling::a:link[@rel='alternate']/@type]"
    ),
    "two entries have one id": "//a:entry[a:id = preceding-sibling::a:entry/a:id]",
}


@cache
def _grammar(name: str) -> Any:
    return etree.RelaxNG(file=str(SCHEMAS / f"{name}.rng"))


@cache
def _shape() -> jsonschema_rs.Validator:
    schema = json.loads((SCHEMAS / "jsonfeed.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def faults(form: str, body: bytes) -> list[str]:
    """What is wrong with a feed of the form `atom`, `rss` or `json`; nothing if it is valid."""
    if form == "json":
        told = json.loads(body)
        ids = [item.get("id") for item in told.get("items", [])]
        twice = ["two items have one id"] if len(set(map(str, ids))) < len(ids) else []
        return [str(error.message) for error in _shape().iter_errors(told)] + twice
    document = etree.fromstring(body)
    grammar = _grammar(form)
    found = [] if grammar.validate(document) else [str(error) for error in grammar.error_log]
    if form == "atom":
        found += [
            text for text, path in FORBIDDEN.items() if document.xpath(path, namespaces=NAMES)
        ]
    return found
