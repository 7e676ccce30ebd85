"""docs/api.md: every example returns the documented response in a new `samestory demo`."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.commands.demo.samples import SEEDS_NOW
from service.domain.access.roles import Role
from service.store.access import keys
from service.store.database import schema
from service.store.database.embedded import EmbeddedServer
from service.store.database.sessions import make_sessions
from tests.e2e.conftest import Shell
from tests.support.servers.site import Site

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
#: API key in the examples.
SECRET = "samestory_Zb0nTq3mVw8sYc1kLr6uHd4xPf9aJe2gNi5oRt7wSvE"
EXAMPLE = re.compile(r"```http\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """A documented request with its expected response."""

    method: str
    path: str
    headers: dict[str, str]
    request_body: bytes | None
    status: int
    response_headers: dict[str, str]
    body: Any


def examples() -> list[Example]:
    """All examples of the page, in order."""
    return [_parse_example(*match) for match in EXAMPLE.findall(PAGE.read_text())]


def _parse_example(request: str, body: str) -> Example:
    """Parse an example: headers of the request, status, headers of the response."""
    first, *lines = request.strip().splitlines()
    method, path = first.split(" ", 1)
    request_headers: dict[str, str] = {}
    response_headers: dict[str, str] = {}
    status, headers, content = 200, request_headers, ""
    for line in lines:
        if line.isdecimal():
            status, headers = int(line), response_headers
        elif line.startswith(("{", " ")):
            content += line
        elif line:
            name, _, value = line.partition(": ")
            headers[name] = value
    expected = json.loads(body) if body else "…"
    return Example(
        method, path, request_headers, content.encode() or None, status, response_headers, expected
    )


def matches(expected: Any, actual: Any) -> bool:
    """Whether a response contains the documented part; `…` matches anything."""
    if expected == "…":
        return True
    if isinstance(expected, dict):
        return all(
            name in actual and matches(value, actual[name]) for name, value in expected.items()
        )
    if isinstance(expected, list) and expected:
        pairs = zip(expected, actual, strict=False)
        return len(actual) >= len(expected) and all(matches(*pair) for pair in pairs)
    return bool(expected == actual)


@pytest.fixture(scope="module")
def demo(shell: Shell) -> Iterator[Site]:
    """A new demo with the API key of the examples, whose model is loaded."""
    with shell.serving_demo() as port:
        _add_key(shell)
        site = Site(port)
        deadline = time.monotonic() + 60
        while site.get("/v1/search?q=ferry&mode=semantic").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        yield site


def _add_key(shell: Shell) -> None:
    server = EmbeddedServer.start(str(shell.data))
    engine = schema.make_engine(server.url("samestory_demo_multilingual"))
    with make_sessions(engine).begin() as session:
        keys.create(session, "Ruth Pell", list(Role), now=SEEDS_NOW, secret=SECRET)
    engine.dispose()
    server.stop()


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.path)
def test_example_returns_the_documented_response(demo: Site, example: Example) -> None:
    """Runs in the order of the page, because some examples change data."""
    response = demo.get(
        example.path, method=example.method, headers=example.headers, body=example.request_body
    )
    assert response.status == example.status
    for name, value in example.response_headers.items():
        assert response.headers[name.lower()] == value
    if example.body != "…":
        assert matches(example.body, response.json), response.text


def test_every_code_block_is_an_example() -> None:
    """Every code block is a request or the response directly below one."""
    page = PAGE.read_text()
    blocks = re.findall(r"^```(\w*)$", page, re.MULTILINE)
    opened = [kind for kind in blocks if kind]
    responses = sum(each.body != "…" for each in examples())
    assert len(blocks) == 2 * len(opened)
    assert opened.count("http") == len(examples()) > 30
    assert opened.count("json") == responses == len(opened) - len(examples())


def test_page_documents_every_filter_and_list(demo: Site) -> None:
    page = PAGE.read_text()
    document = demo.get("/openapi.json").json
    for parameter in document["paths"]["/v1/stories"]["get"]["parameters"]:
        assert f"`{parameter['name']}`" in page or parameter["name"] == "limit"
    for path in document["paths"]:
        assert f"/{path.rsplit('/', 1)[-1]}" in page or "{" in path or not path.startswith("/v1")
