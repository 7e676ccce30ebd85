"""docs/api.md: every example is asked, and answered as the page says."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.domain.access.roles import Role
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import sessions_of
from tests.support.content.texts import WORLD_NOW
from tests.support.servers.site import Site, serving_world

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
#: The key of the examples.
SECRET = "samestory_Zb0nTq3mVw8sYc1kLr6uHd4xPf9aJe2gNi5oRt7wSvE"
EXAMPLE = re.compile(r"```http\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """A request of the page, and what it says of the answer."""

    method: str
    path: str
    headers: dict[str, str]
    sent: bytes | None
    status: int
    answer_headers: dict[str, str]
    body: Any


def examples() -> list[Example]:
    """All examples of the page in order."""
    return [_example(*found) for found in EXAMPLE.findall(PAGE.read_text())]


def _example(request: str, body: str) -> Example:
    """The status may stand before or after what is sent; headers below it are the answer's."""
    first, *lines = request.strip().splitlines()
    method, path = first.split(" ", 1)
    sent: dict[str, str] = {}
    told: dict[str, str] = {}
    status, into, content = 200, sent, ""
    for line in lines:
        if line.isdecimal():
            status, into = int(line), told
        elif line.startswith(("{", " ")):
            content += line
        elif line:
            name, _, value = line.partition(": ")
            into[name] = value
    expected = json.loads(body) if body else "…"
    return Example(method, path, sent, content.encode() or None, status, told, expected)


def fits(told: Any, found: Any) -> bool:
    """Whether an answer is what the page shows of it; `…` stands for anything."""
    if told == "…":
        return True
    if isinstance(told, dict):
        return all(name in found and fits(each, found[name]) for name, each in told.items())
    if isinstance(told, list):
        pairs = zip(told, found, strict=False)
        if not told:
            return bool(found == told)
        return len(found) >= len(told) and all(fits(one, other) for one, other in pairs)
    return bool(told == found)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, with the key of the page's examples."""
    url = new_database()
    engine = schema.connect(url)
    with sessions_of(engine).begin() as session:
        keys.create(session, "Ruth Pell", list(Role), now=WORLD_NOW, secret=SECRET)
    engine.dispose()
    with serving_world(url) as running:
        yield running


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.path)
def test_every_example_is_answered_as_the_page_says(world: Site, example: Example) -> None:
    """In the order of the page, for some of them change what there is."""
    answer = world.get(
        example.path, method=example.method, headers=example.headers, body=example.sent
    )
    assert answer.status == example.status
    for name, value in example.answer_headers.items():
        assert answer.headers[name.lower()] == value
    if example.body != "…":
        assert fits(example.body, answer.json), answer.text


def test_no_example_is_left_out() -> None:
    """Every block of the page is a request, or the answer right below one."""
    page = PAGE.read_text()
    blocks = re.findall(r"^```(\w*)$", page, re.MULTILINE)
    opened = [kind for kind in blocks if kind]
    answers = sum(each.body != "…" for each in examples())
    assert len(blocks) == 2 * len(opened)
    assert opened.count("http") == len(examples()) > 30
    assert opened.count("json") == answers == len(opened) - len(examples())


def test_the_page_names_every_filter_and_list(world: Site) -> None:
    page = PAGE.read_text()
    document = world.get("/openapi.json").json
    for parameter in document["paths"]["/v1/stories"]["get"]["parameters"]:
        assert f"`{parameter['name']}`" in page or parameter["name"] == "limit"
    for path in document["paths"]:
        assert f"/{path.rsplit('/', 1)[-1]}" in page or "{" in path or not path.startswith("/v1")
