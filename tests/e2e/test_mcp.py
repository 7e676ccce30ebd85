"""`samestory mcp` over standard input and output and over HTTP."""

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent, TextResourceContents

from tests.e2e.conftest import COMMAND, Shell
from tests.support.content.site.texts import MEETING, MERGED
from tests.support.servers.site import Site, serving_world

pytestmark = pytest.mark.slow

TOOLS = {
    *("search", "stories", "story", "articles", "article", "storylines", "storyline"),
    *("match", "changes"),
}


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with the sample stories; read-only."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture
def over_http(shell: Shell, world: Site) -> Iterator[str]:
    """URL of a running `samestory mcp --http`."""
    process = shell.start("mcp", "--http", "--port", "0", "--url", world.url)
    yield url_of(process)
    stop(process)


def url_of(process: subprocess.Popen[str]) -> str:
    """URL of a server process, from its log; waits until it has started."""
    assert process.stderr is not None
    line = next(line for line in process.stderr if '"up"' in line)
    return str(json.loads(line)["url"]).rstrip("/")


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


def test_get_is_rejected_because_there_is_no_stream(over_http: str) -> None:
    response = httpx2.get(f"{over_http}/mcp", headers={"Accept": "text/event-stream"}, timeout=10)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def use_all_tools(connect: Any) -> None:
    """Call every tool; the transport must not matter."""
    async with Client(connect) as agent:
        tools = {tool.name: tool for tool in (await agent.list_tools()).tools}
        assert tools.keys() == TOOLS
        for tool in tools.values():
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.description
            assert tool.input_schema["additionalProperties"] is False
            assert tool.output_schema
            assert tool.output_schema["additionalProperties"] is False
        await read_story(agent)
        await follow_changes(agent)
        await list_in_pages(agent)
        await make_mistakes(agent)
        await use_text_tools(agent)
        await read_briefings(agent)


async def call(agent: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool and return its structured result."""
    result = await agent.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def read_story(agent: Client) -> None:
    """Read a merged story, an article of it, and its storyline."""
    detail = await call(agent, "story", id=MERGED)
    assert (detail["id"], detail["coverage"], detail["independent"]) == (MEETING, 10, 7)
    urls = {report["url"] for report in detail["reports"]}
    assert all(url.startswith("https://") for url in urls)
    assert {quote["url"] for quote in detail["summary"]} <= urls
    assert detail["summary"], "the summary has no sentence"
    article = await call(agent, "article", id=detail["reports"][0]["article"])
    assert (article["story"], article["url"]) == (MEETING, detail["reports"][0]["url"])
    before = await agent.call_tool("story", {"id": MEETING, "as_of": "2000-01-01"})
    assert before.is_error
    text = " ".join(each.text for each in before.content if isinstance(each, TextContent))
    assert "/v1/" not in text, text
    storylines = (await call(agent, "storylines"))["storylines"]
    assert all(each["title"] for each in storylines)
    latest = [each["last_reported_at"] for each in storylines]
    assert latest == sorted(latest, reverse=True)
    for each in storylines[:1]:
        line = await call(agent, "storyline", id=each["id"])
        assert (line["title"], len(line["stories"])) == (each["title"], each["stories"])


async def follow_changes(agent: Client) -> None:
    """Read changes from now, from the start, and after a page."""
    now = await call(agent, "changes")
    assert (now["changes"], now["next"] > 0) == ([], True)
    changes = await call(agent, "changes", since=0, limit=2)
    assert changes["changes"][0]["kind"] == "emerged"
    after = await call(agent, "changes", since=changes["next"], limit=1)
    assert after["changes"][0]["id"] > changes["next"] - 1


async def list_in_pages(agent: Client) -> None:
    """Page through stories and articles; filter by time, outlet and entity."""
    everything = {"since": None, "min_independent": 0}
    first = await call(agent, "stories", **everything, sort="newest", limit=1)
    second = await call(agent, "stories", **everything, sort="newest", cursor=first["next"])
    ids = [each["id"] for each in first["stories"] + second["stories"]]
    assert len(ids) == len(set(ids)) > 1
    # The store is not live: the last day ends with the latest report.
    last_day = await call(agent, "stories", min_independent=0, sort="newest")
    assert first["stories"][0]["id"] in {each["id"] for each in last_day["stories"]}
    reports = await call(agent, "articles", story=MEETING, limit=3)
    rest = await call(agent, "articles", story=MEETING, cursor=reports["next"])
    assert (
        len(reports["articles"] + rest["articles"])
        == (await call(agent, "story", id=MEETING))["articles"]
    )
    slug = reports["articles"][0]["outlet_slug"]
    for outlet in ([slug], slug):  # many agents send a single text
        by_outlet = await call(agent, "stories", **everything, outlet=outlet)
        assert MEETING in {each["id"] for each in by_outlet["stories"]}
    await count_back_from_a_state(agent, reports["articles"][0]["at"])
    people = (await call(agent, "story", id=MEETING))["people"]
    by_name = await call(agent, "stories", **everything, entity=people[:1])
    assert MEETING in {each["id"] for each in by_name["stories"]}


async def count_back_from_a_state(agent: Client, reported_at: str) -> None:
    """With `as_of`, the default `since` counts back from that time."""
    at = datetime.fromisoformat(reported_at) - timedelta(days=2)
    past = await call(agent, "stories", as_of=at.isoformat(), min_independent=0)
    end = datetime.fromisoformat(past["since"]) + timedelta(hours=24)
    assert end <= at


async def make_mistakes(agent: Client) -> None:
    """Each error names the mistake, without the words of a library."""

    async def fail(tool: str, **arguments: Any) -> str:
        result = await agent.call_tool(tool, arguments)
        assert result.is_error
        message = " ".join(each.text for each in result.content if isinstance(each, TextContent))
        assert "pydantic" not in message
        assert "\n" not in message
        return message

    missing = await fail("story", id="missing")
    assert "call `stories`" in missing
    assert "404" in missing
    assert "/v1/" not in missing
    with pytest.raises(MCPError, match="Story missing not found"):
        await agent.read_resource("samestory://stories/missing")
    assert await fail("changes", since=-1) == (
        "since = -1: Input should be greater than or equal to 0"
    )
    unknown = await fail("stories", countries=["XX"])
    assert unknown.startswith("Unknown argument 'countries': expected one of since, ")
    assert "'last week' is not a time: use ISO 8601" in await fail("stories", since="last week")


async def read_briefings(agent: Client) -> None:
    """Use the prompt and the resources."""
    prompt = await agent.get_prompt("brief_me", {"topic": "Moscow", "language": "German"})
    text = prompt.messages[0].content
    assert isinstance(text, TextContent)
    assert "Brief me on Moscow since -24h. Write in German." in text.text
    for arguments, reason in [
        ({"subject": "x"}, "Unknown argument 'subject': expected one of topic, since, language"),
        ({"since": "abc"}, "'abc' is not a time"),
        ({"topic": "x" * 300}, "Too long: use at most 200 characters"),
    ]:
        with pytest.raises(MCPError, match=reason):
            await agent.get_prompt("brief_me", arguments)
    await make_prescribed_calls(agent, topic="")
    await make_prescribed_calls(agent, topic='Moscow "peace talks"')
    listed = {str(each.uri) for each in (await agent.list_resources()).resources}
    assert listed == {"samestory://stories"}
    top = (await agent.read_resource("samestory://stories")).contents[0]
    assert isinstance(top, TextResourceContents)
    assert json.loads(top.text)["stories"]
    one = (await agent.read_resource(f"samestory://stories/{MEETING}")).contents[0]
    assert isinstance(one, TextResourceContents)
    assert json.loads(one.text)["id"] == MEETING


async def make_prescribed_calls(agent: Client, *, topic: str) -> None:
    """Make each call with arguments that the prompt prescribes."""
    prompt = await agent.get_prompt("brief_me", {"topic": topic})
    text = prompt.messages[0].content
    assert isinstance(text, TextContent)
    calls = re.findall(r"Call `(\w+)` with (.+)\. Take", text.text)
    assert calls, text.text
    for tool, arguments in calls:
        await call(agent, tool, **json.loads(arguments))


async def use_text_tools(agent: Client) -> None:
    """Call `search` and `match`."""
    search = await agent.call_tool("search", {"q": "Moscow meeting", "limit": 3})
    assert not search.is_error, search.content
    results: Any = search.structured_content
    assert MEETING in [story["id"] for story in results["stories"]]
    assert all(article["url"] for article in results["articles"])
    past = await call(agent, "search", q="Moscow meeting", as_of="2000-01-01")
    assert (past["stories"], past["as_of"]) == ([], "2000-01-01T00:00:00Z")
    await search_with_filters(agent, results["articles"])
    matched = await agent.call_tool("match", {"title": "Ministers meet in Moscow"})
    assert not matched.is_error, matched.content
    match: Any = matched.structured_content
    assert match.keys() >= {"story", "score", "nearest"}


async def search_with_filters(agent: Client, articles: list[dict[str, Any]]) -> None:
    """Filter a search by outlet, language and time."""

    async def search(**filters: Any) -> list[dict[str, Any]]:
        arguments = {"q": "Moscow meeting", "limit": 50, **filters}
        result = await agent.call_tool("search", arguments)
        assert not result.is_error, result.content
        content: Any = result.structured_content
        return list(content["articles"])

    slug = articles[0]["outlet_slug"]
    assert {each["outlet_slug"] for each in await search(outlet=[slug])} == {slug}
    unfiltered = await search()
    assert {each["language"] for each in await search(language=["en", "fr"])} >= {"en"}
    assert all(each["language"] == "ru" for each in await search(language=["ru"]))
    times = sorted(each["at"] for each in unfiltered)
    middle = times[len(times) // 2]
    assert {each["at"] >= middle for each in await search(since=middle)} == {True}
    assert {each["at"] < middle for each in await search(until=middle)} == {True}
    day = middle[:10]
    assert all(each["at"] >= day for each in await search(since=day))


def test_tools_over_standard_input_and_output(shell: Shell, world: Site):
    server = StdioServerParameters(
        command=str(COMMAND), args=["mcp", "--url", world.url], env=shell.environment()
    )
    asyncio.run(asyncio.wait_for(use_all_tools(server), 60))


def test_tools_over_http(over_http: str):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", over_http)
    asyncio.run(asyncio.wait_for(use_all_tools(over_http), 60))


CALL = '{"jsonrpc": "2.0", "id": %s, "method": "tools/call", "params": {"name": "search", %s}}'
INITIALIZE = (
    '{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": '
    '"2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}'
)

#: Invalid lines, and code and id of the reply to each.
UNREADABLE: dict[str, tuple[int, int | str | None]] = {
    CALL % (7, r'"arguments": {"q": "\ud800"}'): (-32700, 7),
    CALL % (r'"\ud800"', r'"arguments": {"q": "x"}'): (-32700, None),
    CALL % ("true", r'"arguments": {"q": "\ud800"}'): (-32700, None),
    '{"jsonrpc": "2.0", "id": 8': (-32700, None),
    "[" * 100_000: (-32700, None),
    '{"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": []}': (-32600, 9),
    '{"id": "ten", "method": "tools/list"}': (-32600, "ten"),
    '{"jsonrpc": "2.0", "id": 11, "error": {"message": "x", "id": 8}}': (-32600, 11),
    "[]": (-32600, None),
}


def test_unreadable_lines_get_error_replies_and_later_lines_are_processed(shell: Shell):
    lines = [*UNREADABLE, INITIALIZE, "", *UNREADABLE, ""]
    done = shell.run("mcp", "--url", "http://127.0.0.1:9", stdin="\n".join(lines))
    assert done.returncode == 0, done.stderr
    replies = [json.loads(each) for each in done.stdout.splitlines()]
    errors = [(each["error"]["code"], each["id"]) for each in replies if "error" in each]
    assert errors == [*UNREADABLE.values()] * 2
    assert [each["id"] for each in replies if "result" in each] == [0]


@pytest.fixture
def service_with_key(shell: Shell, new_database: Callable[[], str]) -> Iterator[tuple[str, str]]:
    """URL of a service that requires a key for reading, and such a key."""
    env = {"DATABASE_URL": new_database(), "SAMESTORY_ACCESS__READ_ACCESS": "keys"}
    key = json.loads(shell.run("keys", "create", "agent", "--json", env=env).stdout)["secret"]
    process = shell.start("web", **env)
    yield url_of(process), key
    stop(process)


@pytest.mark.parametrize(
    ("host", "sent", "error"),
    [
        ("127.0.0.1", "", ""),  # the key of the MCP server is used
        ("127.0.0.1", "good", ""),
        ("127.0.0.1", "bad", "401"),
        ("0.0.0.0", "", "401"),
        ("0.0.0.0", "good", ""),
    ],
)
def test_http_requests_use_the_key_of_the_agent(
    shell: Shell, service_with_key: tuple[str, str], host: str, sent: str, error: str
):
    service, key = service_with_key
    arguments = ("mcp", "--http", "--port", "0", "--host", host, "--url", service)
    process = shell.start(*arguments, SAMESTORY_CLIENT__KEY=key)
    url = url_of(process).replace(host, "127.0.0.1")
    sent_key = {"good": key, "bad": "samestory_invalid"}.get(sent)

    async def list_stories() -> Any:
        headers = {"Authorization": f"Bearer {sent_key}"} if sent_key else {}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as agent,
        ):
            return await agent.call_tool("stories", {"since": None})

    result = asyncio.run(asyncio.wait_for(list_stories(), 60))
    assert result.is_error == bool(error)
    assert error in str(result.content)
    stop(process)


def test_missing_package_error_names_the_extra(shell: Shell):
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
    expected = (
        "samestory: samestory mcp requires the extra `mcp`; in the checkout, run "
        "pip install ./service/client '.[mcp]'\n"
    )
    assert done.stderr == expected


def test_invalid_url_prints_a_one_line_error(shell: Shell):
    failed = shell.run("mcp", "--url", "nowhere")
    assert failed.returncode == 1
    assert failed.stderr.startswith("samestory: Invalid service URL 'nowhere'")
