"""OpenAPI document: each example works with its own route, and generators get complete input."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
import pytest

from service.domain.access.roles import Role
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.store.stories import versions
from service.web.docs.tags import TAGS
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.database.embedded_articles import model_context
from tests.support.database.rows import Rows
from tests.support.servers.site import serving

#: A route that fetches the URL of its example. The test sends a private address, which is rejected
#: after the body was accepted.
FETCHES = ("POST", "/v1/feeds")
PROBLEM, ALREADY_EXISTS = "application/problem+json", "urn:samestory:problem:already-exists"
#: Times of reports: just after the time in the examples, and a day before.
REPORTED, DAY = datetime(2026, 11, 2, 9, 20, tzinfo=UTC), timedelta(days=1)
BEFORE = REPORTED - DAY
#: Objects that the examples name, in the order in which they are created.
OBJECTS = (
    ("/v1/decisions", {"action": "lock", "story": "4of4xk7aot"}),
    ("/v1/queries", {"id": "harbour", "q": "ferry"}),
    ("/v1/queries", {"id": "ferries", "q": "ferry"}),
    ("/v1/subscribers", {"address": "first@example.org"}),
    ("/v1/subscribers/1/alerts", {"words": "harbour"}),
    ("/v1/webhooks", {"url": "https://newsroom.example/first"}),
)
#: Writes after reads, and deletions last, so that the objects of the examples exist.
ORDER = ("get", "post", "patch", "put", "delete")


@contextmanager
def serving_examples(database_url: str) -> Iterator[KeyClient]:
    """A client with all roles, of a store with the objects that the examples name."""
    engine = schema.make_engine(database_url)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("harbour-times", family="harbour", country="GB", language="en")
        other = rows.outlet("pier-post")
        rows.outlet("coast-wire", agency=True)
        articles = [
            rows.article(each, f"Ferry strikes pier {number}", id=number, at=at)
            for number, (each, at) in enumerate(
                [(outlet, BEFORE), (other, BEFORE), (outlet, BEFORE), (other, REPORTED)] * 2,
                start=1,
            )
        ]
        rows.storyline("mlp7fvbmqu", "Orlan harbour")
        rows.storyline("zdnun5gvh3", "Orlan bridge")
        rows.story("g6eppbxpoc", articles[:3], storyline_id="mlp7fvbmqu")
        rows.story("4of4xk7aot", articles[3:4], storyline_id="mlp7fvbmqu")
        rows.story("c3", articles[4:], storyline_id="mlp7fvbmqu")
        rows.run("place")
        versions.record_versions(session, ["g6eppbxpoc", "4of4xk7aot"], at=BEFORE)
    with serving(sessions, clock=lambda: REPORTED + DAY, model_context=model_context()) as site:
        make_key_client(site, sessions, "revoked by the example")
        ann = make_key_client(site, sessions, "ann", *Role)
        for path, body in OBJECTS:
            assert ann.post(path, body).status == 201
        try:
            yield ann
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def client(new_database: Callable[[], str]) -> Iterator[KeyClient]:
    with serving_examples(new_database()) as ann:
        yield ann


@pytest.fixture(scope="module")
def document(client: KeyClient) -> dict[str, Any]:
    result: dict[str, Any] = client.get("/openapi.json").json
    return result


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each operation, in the order of `ORDER`, parts first."""
    paths = sorted(document["paths"].items(), key=lambda each: -each[0].count("/"))
    for method in ORDER:
        for path, each in paths:
            if method in each:
                yield method.upper(), path, each[method]


def requests(path: str, operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Address and body of one request for each example of a parameter, and for each body."""
    parameters = operation.get("parameters", [])
    examples = {each["name"]: each.get("example") for each in parameters}
    address = re.sub(r"{(\w+)}", lambda match: quote(str(examples[match[1]]), safe=""), path)
    query = [each for each in parameters if each["in"] == "query"]
    # A search needs `q` unless a saved query has words.
    needs_text = path.startswith("/v1/search")
    required = {
        each["name"]: each["example"]
        for each in query
        if each.get("required") or (needs_text and each["name"] == "q")
    }
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    bodies = [each["value"] for each in media.get("examples", {}).values()]
    for body in bodies or [media.get("example")]:
        yield _with_query(address, required), body
    for each in query:
        if "example" in each:
            yield _with_query(address, required | {each["name"]: each["example"]}), None


def _with_query(address: str, values: dict[str, Any]) -> str:
    texts = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in values.items()
    }
    return f"{address}?{urlencode(texts, doseq=True)}" if texts else address


def test_each_example_works_with_its_route(client: KeyClient, document: dict[str, Any]) -> None:
    components = {"components": document["components"]}
    failures = []
    for method, path, operation in operations(document):
        for address, body in requests(path, operation):
            is_stream = path.endswith("/stream")
            if (method, path) == FETCHES:
                body |= {"url": "http://127.0.0.1/feed.xml"}
            response = client.request("HEAD" if is_stream else method, address, body)
            expected = {each for each in operation["responses"] if each < "300"}
            if (method, path) == FETCHES:
                assert response.json["type"] == "urn:samestory:problem:invalid-feed"
                continue
            # An earlier example created the object, or made a decision that contradicts this one.
            if method == "POST" and response.status == 409:
                continue
            if str(response.status) not in expected:
                failures.append((method, address, response.status, response.text[:300]))
            elif response.headers.get("content-type") == "application/json":
                media = operation["responses"][str(response.status)]["content"]
                validate = components | media["application/json"]["schema"]
                jsonschema_rs.validate(validate, response.json)
    assert failures == []


def test_conflict_example_is_the_response_to_a_repeated_request(
    new_database: Callable[[], str], document: dict[str, Any]
) -> None:
    """Routes that create a unique object show `already-exists`, and no other route does."""
    documented, returned = {}, {}
    with serving_examples(new_database()) as client:
        for method, path, operation in operations(document):
            if method != "POST" or "409" not in operation["responses"]:
                continue
            example = operation["responses"]["409"]["content"][PROBLEM]["example"]
            if example["type"] == ALREADY_EXISTS:
                documented[path] = re.sub(r"\d+", "7", example["detail"])
            for address, body in requests(path, operation) if path != FETCHES[1] else ():
                client.post(address, body)
                again = client.post(address, body)
                if again.status == 409 and again.json["type"] == ALREADY_EXISTS:
                    returned[path] = re.sub(r"\d+", "7", again.json["detail"])
    assert documented.pop(FETCHES[1])  # a test of this route has a feed server
    assert documented == returned


def test_operations_satisfy_the_rules_of_linters(document: dict[str, Any]) -> None:
    """The rules of Redocly and Spectral that generated clients depend on."""
    assert document["info"]["license"]["url"]
    assert document["info"]["contact"]["name"]
    assert document["servers"]
    assert [each["name"] for each in document["tags"]] == list(TAGS)
    names = []
    schemes = set(document["components"]["securitySchemes"])
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        names.append(operation["operationId"])
        assert operation["summary"], where
        assert operation["description"], where
        assert set(operation["tags"]) <= set(TAGS), where
        assert len(operation["tags"]) == 1, where
        assert any("400" <= each < "500" for each in operation["responses"]), where
        assert {name for each in operation["security"] for name in each} <= schemes, where
        for each in operation.get("parameters", ()):
            assert each["description"], f"{where}: {each['name']}"
    assert len(names) == len(set(names))


def test_items_of_lists_have_a_type(document: dict[str, Any]) -> None:
    """No list item and no narrowed response is an arbitrary object."""
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        content = operation["responses"].get("200", {}).get("content", {})
        schema_ = content.get("application/json", {}).get("schema", {})
        for each in schema_.get("anyOf", [schema_]):
            if "$ref" not in each:
                assert "additionalProperties" not in each, f"{method} {path}"
                continue
            items = schemas[each["$ref"].rpartition("/")[2]]["properties"].get("items")
            assert items is None or "$ref" in items["items"], f"{method} {path}"
    partial = schemas["PartialArticleDetailOut"]
    assert "required" not in partial
    assert partial["properties"] == schemas["ArticleDetailOut"]["properties"]


def test_narrowed_responses_have_their_documented_type(
    client: KeyClient, document: dict[str, Any]
) -> None:
    components = {"components": document["components"]}
    for name, path in {
        "PartialStoryDetailOut": "/v1/stories/g6eppbxpoc?fields=id,headline",
        "PartialStoryDetailPage": "/v1/stories?fields=id&include=summary,timeline",
        "PartialOutletDetailPage": "/v1/outlets?fields=slug,family",
    }.items():
        reference = {"$ref": f"#/components/schemas/{name}"}
        jsonschema_rs.validate(components | reference, client.get(path).json)
