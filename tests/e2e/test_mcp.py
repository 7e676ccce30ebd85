"""`samestory mcp`, as an agent's host starts it and asks it."""

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.e2e.conftest import COMMAND, Shell
from tests.support.content.texts import MEETING, MERGED
from tests.support.servers.site import Site, serving_world

pytestmark = pytest.mark.slow

TOOLS = {"search", "stories", "story", "match", "changes"}


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture
def over_http(shell: Shell, world: Site) -> Iterator[str]:
    """The address of `samestory mcp --http`."""
    process = shell.start("mcp", "--http", "--port", "0", "--url", world.url)
    yield address(process)
    stop(process)


def address(process: subprocess.Popen[str]) -> str:
    """Where a command serves, once it does."""
    assert process.stderr is not None
    line = next(line for line in process.stderr if '"up"' in line)
    return str(json.loads(line)["url"]).rstrip("/")


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


async def conversation(connect: Any, world: Site) -> None:
    """What every agent can ask, whatever the transport."""
    async with Client(connect) as agent:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
        assert tools.keys() == TOOLS
        for tool in tools.values():
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.description
            assert tool.input_schema["additionalProperties"] is False
            assert tool.output_schema
        story = await agent.call_tool("story", {"id": MERGED})
        assert not story.is_error
        told: Any = story.structured_content
        assert (told["id"], told["coverage"], told["independent"]) == (MEETING, 10, 7)
        assert told["reports"][0]["url"].startswith("https://")
        now: Any = (await agent.call_tool("changes", {})).structured_content
        assert (now["changes"], now["next"] > 0) == ([], True)
        changes: Any = (
            await agent.call_tool("changes", {"since": 0, "limit": 2})
        ).structured_content
        assert changes["changes"][0]["kind"] == "emerged"
        after: Any = await agent.call_tool("changes", {"since": changes["next"], "limit": 1})
        assert after.structured_content["changes"][0]["id"] > changes["next"] - 1
        long_ago: Any = await agent.call_tool("stories", {"hours": 24 * 365, "limit": 3})
        assert isinstance(long_ago.structured_content["stories"], list)
        missing = await agent.call_tool("story", {"id": "nobody"})
        assert missing.is_error
        assert "404" in str(missing.content)
        wrong = await agent.call_tool("changes", {"since": -1})
        assert wrong.is_error
        unknown = await agent.call_tool("stories", {"hours": 24 * 365, "countries": ["XX"]})
        assert unknown.is_error
        assert "no argument 'countries'; there are hours, " in str(unknown.content)
        await ask_for_texts(agent, world)


async def ask_for_texts(agent: Client, world: Site) -> None:
    """`search` and `match`, where the service has them; else the agent reads that it has not."""
    paths = world.get("/openapi.json").json["paths"]
    found = await agent.call_tool("search", {"query": "Moscow meeting", "limit": 3})
    assert found.is_error == ("/v1/search" not in paths), found.content
    if not found.is_error:
        told: Any = found.structured_content
        assert MEETING in [story["id"] for story in told["stories"]]
        assert all(article["url"] for article in told["articles"])
        await narrow_down(agent, told["articles"])
    matched = await agent.call_tool("match", {"title": "Ministers meet in Moscow"})
    assert matched.is_error == ("/v1/match" not in paths), matched.content
    if not matched.is_error:
        why: Any = matched.structured_content
        assert why.keys() >= {"story", "score", "nearest"}


async def narrow_down(agent: Client, articles: list[dict[str, Any]]) -> None:
    """What else a search takes: outlets as articles name them, languages, times."""

    async def found(**more: Any) -> list[dict[str, Any]]:
        wanted = {"query": "Moscow meeting", "limit": 50, **more}
        answer = await agent.call_tool("search", wanted)
        assert not answer.is_error, answer.content
        told: Any = answer.structured_content
        return list(told["articles"])

    slug = articles[0]["outlet_slug"]
    assert {each["outlet_slug"] for each in await found(outlet=[slug])} == {slug}
    whole = await found()
    assert {each["language"] for each in await found(language=["en", "fr"])} >= {"en"}
    assert all(each["language"] == "ru" for each in await found(language=["ru"]))
    times = sorted(each["reported_at"] for each in whole)
    middle = times[len(times) // 2]
    assert {each["reported_at"] >= middle for each in await found(since=middle)} == {True}
    assert {each["reported_at"] < middle for each in await found(until=middle)} == {True}
    wrong = await agent.call_tool("search", {"query": "x", "since": "yesterday"})
    assert wrong.is_error


def test_an_agent_asks_over_standard_input_and_output(shell: Shell, world: Site):
    server = StdioServerParameters(
        command=str(COMMAND), args=["mcp", "--url", world.url], env=shell.environment()
    )
    asyncio.run(asyncio.wait_for(conversation(server, world), 60))


def test_an_agent_asks_over_http(over_http: str, world: Site):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", over_http)
    asyncio.run(asyncio.wait_for(conversation(over_http, world), 60))


CALL = '{"jsonrpc": "2.0", "id": %s, "method": "tools/call", "params": {"name": "search", %s}}'
HELLO = (
    '{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": '
    '"2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}'
)


#: Lines that are no messages, and what each is answered: code and id.
UNREADABLE: dict[str, tuple[int, int | str | None]] = {
    CALL % (7, r'"arguments": {"query": "\ud800"}'): (-32700, 7),
    CALL % (r'"\ud800"', r'"arguments": {"query": "x"}'): (-32700, None),
    CALL % ("true", r'"arguments": {"query": "\ud800"}'): (-32700, None),
    '{"jsonrpc": "2.0", "id": 8': (-32700, None),
    "[" * 100_000: (-32700, None),
    '{"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": []}': (-32600, 9),
    '{"id": "ten", "method": "tools/list"}': (-32600, "ten"),
    '{"jsonrpc": "2.0", "id": 11, "error": {"message": "x", "id": 8}}': (-32600, 11),
    "[]": (-32600, None),
}


def test_lines_that_cannot_be_read_are_answered_and_the_others_go_on(shell: Shell):
    lines = [*UNREADABLE, HELLO, "", *UNREADABLE, ""]
    done = shell.run("mcp", "--url", "http://127.0.0.1:9", stdin="\n".join(lines))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(each) for each in done.stdout.splitlines()]
    refused = [(each["error"]["code"], each["id"]) for each in answers if "error" in each]
    assert refused == [*UNREADABLE.values()] * 2
    assert [each["id"] for each in answers if "result" in each] == [0]


@pytest.fixture
def keyed(shell: Shell, new_database: Callable[[], str]) -> Iterator[tuple[str, str]]:
    """The address of a service that nobody reads without a key, and a key."""
    env = {"DATABASE_URL": new_database(), "SAMESTORY_ACCESS__READ_ACCESS": "keys"}
    key = json.loads(shell.run("keys", "create", "agent", "--json", env=env).stdout)["secret"]
    process = shell.start("web", **env)
    yield address(process), key
    stop(process)


@pytest.mark.parametrize(
    ("host", "sent", "refused"),
    [
        ("127.0.0.1", "", ""),  # the process's own key is lent
        ("127.0.0.1", "good", ""),
        ("127.0.0.1", "bad", "401"),
        ("0.0.0.0", "", "401"),
        ("0.0.0.0", "good", ""),
    ],
)
def test_over_http_agents_read_with_their_own_keys(
    shell: Shell, keyed: tuple[str, str], host: str, sent: str, refused: str
):
    service, key = keyed
    arguments = ("mcp", "--http", "--port", "0", "--host", host, "--url", service)
    process = shell.start(*arguments, SAMESTORY_CLIENT__KEY=key)
    place = address(process).replace(host, "127.0.0.1")
    sending = {"good": key, "bad": "samestory_nobody"}.get(sent)

    async def ask() -> Any:
        headers = {"Authorization": f"Bearer {sending}"} if sending else {}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(place, http_client=http)) as agent,
        ):
            return await agent.call_tool("stories", {"hours": 1})

    answer = asyncio.run(asyncio.wait_for(ask(), 60))
    assert answer.is_error == bool(refused)
    assert refused in str(answer.content)
    stop(process)


def test_without_its_package_the_extra_is_named(shell: Shell):
    hidden = "import sys; sys.modules['mcp'] = None; sys.argv = ['samestory', 'mcp']"
    done = subprocess.run(
        [COMMAND.parent / "python", "-c", f"{hidden}; from service.cli import main; main()"],
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    expected = "samestory: samestory mcp needs the extra `mcp`: pip install 'samestory[mcp]'\n"
    assert done.stderr == expected


def test_an_address_that_is_none_is_told_in_one_line(shell: Shell):
    failed = shell.run("mcp", "--url", "nowhere")
    assert failed.returncode == 1
    assert failed.stderr.startswith("samestory: 'nowhere' is no address of a service")
