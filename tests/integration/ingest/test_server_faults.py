"""Each fault of the chaos server: a readable feed is read, any other fault is named."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all
from tests.integration.ingest.test_fetch import SETTINGS
from tests.support.servers.chaos_server import ChaosServer
from tests.support.servers.faults import FAULTS

PATIENCE = replace(SETTINGS, timeout_seconds=4, max_received_bytes=1 << 22, max_body_bytes=1 << 22)
SLOW = [name for name, fault in FAULTS.items() if fault.error == "timeout"]


@pytest.fixture(scope="module")
def server() -> Iterator[ChaosServer]:
    with ChaosServer(FAULTS) as server:
        yield server


def fetch(*requests: FetchRequest, timeout: float = 4) -> list[FetchResult]:
    return asyncio.run(fetch_all(requests, replace(PATIENCE, timeout_seconds=timeout)))


@pytest.mark.parametrize("name", FAULTS)
def test_fault_has_its_result(server: ChaosServer, name: str) -> None:
    fault = FAULTS[name]

    [result] = fetch(
        FetchRequest(1, server.url(name)), timeout=0.3 if fault.error == "timeout" else 4
    )

    if fault.error is None:
        assert (result.error, result.body) == (None, fault.body)
        return
    assert result.error is not None
    assert (result.error.kind, result.body) == (fault.error, None)
    assert fault.text in str(result.error)
    assert "\n" not in str(result.error)


def test_faults_on_reused_connections_do_not_affect_other_feeds(server: ChaosServer) -> None:
    names = [name for name, fault in FAULTS.items() if fault.error is None]
    requests = [
        FetchRequest(number, server.url(name), '"1"')
        for number, name in enumerate(name for each in names for name in (each, "equal-lengths"))
    ]
    one_by_one = replace(PATIENCE, per_host=1)

    results = asyncio.run(fetch_all(requests, one_by_one))

    assert [result.error for result in results] == [None] * len(results)
    assert {result.body for result in results if not result.not_modified} == {FAULTS[names[0]].body}


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("unchanged")])
def test_304_with_a_body_is_a_304(server: ChaosServer, name: str) -> None:
    [first] = fetch(FetchRequest(1, server.url(name)))
    again = FetchRequest(1, server.url(name), first.etag)

    results = fetch(again, again)

    assert [each.not_modified for each in results] == [True, True]
    assert [each.etag for each in results] == ['"1"', '"1"']


@pytest.mark.parametrize("query", ["?sig=%2B%2f+a==&x=a?b", "?", "?a;b&&c=[1]|%7e"])
def test_url_is_requested_as_written(server: ChaosServer, query: str) -> None:
    [result] = fetch(FetchRequest(1, server.url("equal-lengths", "Signed%2FPath") + query))

    assert result.error is None
    assert server.requests[-1].target == f"/Signed%2FPath/equal-lengths{query}"
    assert result.final_url.endswith(server.requests[-1].target)


def test_cookies_are_sent_within_the_chain_only(server: ChaosServer) -> None:
    chain, plain, two = (
        fetch(FetchRequest(1, url))[0]
        for url in (
            server.url("cookie-wall"),
            server.url("equal-lengths", "later"),
            server.url("two-cookies"),
        )
    )

    sent = {each.target: each.headers.get("cookie") for each in server.requests}
    assert (chain.error, plain.error, two.error) == (None, None, None)
    assert sent["/cookie-wall"] == "seen=1"
    assert sent["/later/equal-lengths"] is None
    assert sent["/two-cookies"] == "a=1; b=2"


def test_server_that_switches_bot_protection_on_is_paused_like_any_busy_one(
    server: ChaosServer,
) -> None:
    [result] = fetch(FetchRequest(1, server.url("unknown-protection")))

    assert result.status == 429
    assert result.error is not None
    assert "ask the outlet" in str(result.error)
