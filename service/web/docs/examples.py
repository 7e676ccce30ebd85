"""Example values for the OpenAPI document, generated from the JSON schemas."""

from collections.abc import Mapping
from typing import Any

#: Example of a text or number by field name; otherwise `BY_TYPE` applies.
BY_NAME: dict[str, Any] = {
    "action": "merge",
    "agency": "coast-wire",
    "as_of": "2026-11-02T09:14:00Z",
    "author": "Ruth Pell",
    "by": "Ruth Pell",
    "cause": "place",
    "changed_since": "-24h",
    "countries": "GB",
    "country": "GB",
    "coverage": 4,
    "date_flag": "ok",
    "delays": "harbour-times",
    "entities": "Orlan, Ruth Pell",
    "entity": "Orlan",
    "excerpt": "A ferry struck the pier of Orlan harbour on Monday morning.",
    "family": "harbour",
    "first_outlet": "harbour-times",
    "followed_countries": "GB, PL",
    "followed_outlets": "harbour-times",
    "followed_storylines": "mlp7fvbmqu",
    "followed_words": "ferry, pier",
    "fields": "id,headline,coverage",
    "headline": "Ferry strikes pier in Orlan harbour",
    "independent": 3,
    "job": "place",
    "keyword": "ferry",
    "keywords": "ferry",
    "kind": "grew",
    "language": "en",
    "languages": "en",
    "muted_countries": "FR",
    "muted_outlets": "pier-post",
    "muted_storylines": "zdnun5gvh3",
    "muted_words": "football",
    "missing_outlet": "pier-post",
    "name": "Harbour Times",
    "made_by": "Ruth Pell",
    "outcome": "done",
    "outlet": "harbour-times",
    "outlets": "harbour-times",
    "page": "/stories/g6eppbxpoc/ferry-strikes-pier",
    "q": "ferry harbour",
    "reason": "one event",
    "revision": 1,
    "score": 0.93,
    "self": "/v1/stories/g6eppbxpoc",
    "query_id": "ferries",
    "share": 0.97,
    "since": "-24h",
    "slug": "harbour-times",
    "split_from": None,
    "split_into": "4of4xk7aot",
    "state": "open",
    "status": "active",
    "story": "g6eppbxpoc",
    "story_id": "g6eppbxpoc",
    "storyline": "mlp7fvbmqu",
    "storyline_id": "mlp7fvbmqu",
    "text": "A ferry struck the pier of Orlan harbour on Monday morning.",
    "title": "Ferry strikes pier in Orlan harbour",
    "type": "report",
    "transitions": "/v1/stories/g6eppbxpoc/transitions",
    "until": "2026-11-02T09:14:00Z",
    "words": "ferry, pier",
    "url": "https://harbour-times.example/ferry-strikes-pier",
}
TIMESTAMP = "2026-11-02T09:14:00Z"
BY_TYPE: dict[str, Any] = {"string": "g6eppbxpoc", "integer": 1, "number": 0.5, "boolean": False}
#: No schema refers to itself, so real examples are less deep.
MAX_DEPTH = 8

Schema = Mapping[str, Any]


def example_of(schema: Schema, schemas: Schema, name: str = "", depth: int = 0) -> Any:
    """A value that matches a schema, including its optional fields."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema.get("default", schema["enum"][0])
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas, name, depth)
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas, name, depth)] if depth < MAX_DEPTH else []
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties", {}).items()
        return {key: example_of(each, schemas, key, depth + 1) for key, each in properties}
    return _example_of_scalar(schema, name)


def _example_of_scalar(schema: Schema, name: str) -> Any:
    kind = schema.get("type", "")
    if "const" in schema:
        return schema["const"]
    if schema.get("format") in {"date-time", "date"}:
        return TIMESTAMP
    by_name = BY_NAME.get(name)
    if isinstance(by_name, str) and kind == "string":
        return by_name
    if isinstance(by_name, int | float) and kind in {"integer", "number"}:
        return by_name
    return schema.get("default", BY_TYPE.get(kind))
