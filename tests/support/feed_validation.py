"""Feed validation: RELAX NG for Atom and RSS (lxml), JSON Schema for JSON Feed."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from lxml import etree

SCHEMAS = Path(__file__).parent / "schemas"
NAMES = {"a": "http://www.w3.org/2005/Atom"}
#: Rules of RFC 4287 (4.1.1, 4.1.2, 4.2.7) beyond the grammar, as XPaths that must match nothing.
FORBIDDEN = {
    "neither the entry nor the feed has an author": "/a:feed[not(a:author)]/a:entry[not(a:author)]",
    "an entry has neither content nor an alternate link": (
        "//a:entry[not(a:content)][not(a:link[@rel='alternate' or not(@rel)])]"
    ),
    "two alternate links have the same type": (
        "//a:link[@rel='alternate'][@type = preceding-sibling::a:link[@rel='alternate']/@type]"
    ),
    "two entries have the same id": "//a:entry[a:id = preceding-sibling::a:entry/a:id]",
}


@cache
def _grammar(name: str) -> Any:
    return etree.RelaxNG(file=str(SCHEMAS / f"{name}.rng"))


@cache
def _json_feed_validator() -> jsonschema_rs.Validator:
    schema = json.loads((SCHEMAS / "jsonfeed.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def find_errors(format_: str, body: bytes) -> list[str]:
    """Return the errors of a feed in the format `atom`, `rss` or `json`; empty if it is valid."""
    if format_ == "json":
        feed = json.loads(body)
        ids = [item.get("id") for item in feed.get("items", [])]
        duplicates = ["two items have the same id"] if len(set(map(str, ids))) < len(ids) else []
        return [
            str(error.message) for error in _json_feed_validator().iter_errors(feed)
        ] + duplicates
    document = etree.fromstring(body)
    grammar = _grammar(format_)
    errors = [] if grammar.validate(document) else [str(error) for error in grammar.error_log]
    if format_ == "atom":
        errors += [
            text for text, path in FORBIDDEN.items() if document.xpath(path, namespaces=NAMES)
        ]
    return errors
