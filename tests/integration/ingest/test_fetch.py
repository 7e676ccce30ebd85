"""Feed downloads from a local server with realistic faults."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from service.errors import SettingsError
from service.ingest.fetching.fetch import FetchRequest, FetchResult, fetch_all, fetch_each
from service.settings.sections.ingest import FetchSettings
from tests.support.servers.feed_server import (
    RSS,
    Behaviour,
    FeedServer,
    PendingRequests,
    drip,
    gzip_bomb,
    hang,
    head,
    raw,
    redirect,
    reply,
    reset,
    slow,
    stream,
    unless_known,
)

SETTINGS = FetchSettings(
    user_agent="samestory-tests (+http://localhost)",
    concurrency=8,
    per_host=8,
    host_delay_seconds=0,
    timeout_seconds=5,
    connect_timeout_seconds=2,
    max_redirects=5,
    max_received_bytes=1 << 20,
    max_body_bytes=2 << 20,
    allow_networks=("127.0.0.0/8",),
)
IMPATIENT = replace(SETTINGS, timeout_seconds=0.3)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def fetch(*requests: FetchRequest | str, settings: FetchSettings = SETTINGS) -> list[FetchResult]:
    fetch_requests = [FetchRequest(1, each) if isinstance(each, str) else each for each in requests]
    return asyncio.run(fetch_all(fetch_requests, settings))


def fetch_from(
    server: FeedServer, behaviour: Behaviour, settings: FetchSettings = SETTINGS
) -> FetchResult:
    server.routes["/feed"] = behaviour
    return fetch(server.url("/feed"), settings=settings)[0]


def kind(result: FetchResult) -> str:
    return result.error.kind if result.error else "none"


def test_result_contains_body_and_metadata(server: FeedServer) -> None:
    result = fetch_from(server, reply(RSS, content_type="text/xml; charset=utf-8", etag='"1"'))

    assert result.error is None
    assert (result.body, result.status, result.received) == (RSS, 200, len(RSS))
    assert result.content_type == "text/xml; charset=utf-8"
    assert (result.etag, result.last_modified) == ('"1"', None)
    assert (result.moved_to, result.final_url) == (None, server.url("/feed"))
    assert 0 < result.elapsed < 5
    headers = server.requests[0].headers
    assert headers["user-agent"] == SETTINGS.user_agent
    assert headers["accept-encoding"] == "gzip, deflate"
    assert "if-none-match" not in headers


@pytest.mark.parametrize(
    "validators",
    [{"etag": '"a"'}, {"last_modified": "Mon, 20 Apr 2020 10:00:00 GMT"}],
)
def test_validators_are_sent_back_and_yield_304(
    server: FeedServer, validators: dict[str, str]
) -> None:
    server.routes["/feed"] = unless_known(**validators)
    first = fetch(server.url("/feed"))[0]
    again = FetchRequest(1, first.url, first.etag, first.last_modified)

    second = fetch(again)[0]

    assert (second.not_modified, second.body, second.error) == (True, None, None)
    assert (second.etag, second.last_modified) == (first.etag, first.last_modified)


def test_validators_are_stored_independently(server: FeedServer) -> None:
    known = FetchRequest(1, server.url("/feed"), '"old"', "Sun, 19 Apr 2020 10:00:00 GMT")

    server.routes["/feed"] = reply(b"", "304 Not Modified", etag='"new"')
    kept = fetch(known)[0]
    server.routes["/feed"] = reply(RSS, last_modified="Mon, 20 Apr 2020 10:00:00 GMT")
    cleared = fetch(known)[0]
    server.routes["/feed"] = reply(b"oops", "500 Internal Server Error", etag='"error page"')
    failed = fetch(known)[0]

    assert (kept.etag, kept.last_modified) == ('"new"', "Sun, 19 Apr 2020 10:00:00 GMT")
    assert (cleared.etag, cleared.last_modified) == (None, "Mon, 20 Apr 2020 10:00:00 GMT")
    assert (failed.etag, failed.last_modified) == ('"old"', "Sun, 19 Apr 2020 10:00:00 GMT")


def test_304_to_an_unconditional_request_is_an_error(server: FeedServer) -> None:
    assert kind(fetch_from(server, reply(b"", "304 Not Modified"))) == "broken_response"


@pytest.mark.parametrize(
    ("statuses", "adopted"),
    [
        (["301 Moved Permanently", "308 Permanent Redirect"], "/2"),
        (["301 Moved Permanently", "302 Found"], "/1"),
        (["302 Found", "301 Moved Permanently"], None),
        (["307 Temporary Redirect"], None),
        (["303 See Other"], None),
    ],
)
def test_only_permanent_redirects_change_the_url(
    server: FeedServer, statuses: list[str], adopted: str | None
) -> None:
    for hop, status in enumerate(statuses):
        server.routes[f"/{hop}"] = redirect(f"/{hop + 1}", status)
    server.routes[f"/{len(statuses)}"] = reply()

    result = fetch(server.url("/0"))[0]

    assert result.body == RSS
    assert result.final_url == server.url(f"/{len(statuses)}")
    assert result.moved_to == (server.url(adopted) if adopted else None)


def test_permanent_redirect_to_an_error_keeps_the_url(server: FeedServer) -> None:
    result = fetch_from(server, redirect("/missing", "301 Moved Permanently"))

    assert (kind(result), result.status, result.moved_to) == ("bad_status", 404, None)


@pytest.mark.parametrize("location", [b"/caf\xe9", "/café".encode()])
def test_location_header_in_raw_bytes_is_followed(server: FeedServer, location: bytes) -> None:
    server.routes["/caf%C3%A9"] = reply()
    moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"

    assert fetch_from(server, raw(moved)).body == RSS


def test_redirect_loop_and_too_many_redirects_are_errors(server: FeedServer) -> None:
    server.routes["/a"] = redirect("/b")
    server.routes["/b"] = redirect("/a")
    for hop in range(10):
        server.routes[f"/{hop}"] = redirect(f"/{hop + 1}")

    circle, endless = fetch(server.url("/a"), server.url("/0"))

    assert kind(circle) == kind(endless) == "redirect"
    assert "loop" in str(circle.error)
    assert "More than 5 redirects" in str(endless.error)
    assert server.requests_to("/6") == []


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "ftp://x/y", "http://", "http://["])
def test_redirect_to_an_invalid_url_is_an_error(server: FeedServer, location: str) -> None:
    assert kind(fetch_from(server, redirect(location))) == "redirect"


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:PORT/secret",
        "http://[::ffff:127.0.0.2]:PORT/secret",
        "http://127.0.0.2:PORT/secret",
        "http://127.2:PORT/secret",
        "http://0x7f.2:PORT/secret",
        "http://2130706434:PORT/secret",
        "http://0.0.0.0:PORT/secret",
        "http://10.1.2.3/",
        "http://100.64.0.1/",
    ],
)
def test_redirect_to_a_blocked_address_is_an_error(server: FeedServer, target: str) -> None:
    url = server.url("/secret")
    server.routes["/feed"] = redirect(target.replace("PORT", url.split(":")[2].split("/")[0]))
    only_one = replace(SETTINGS, allow_networks=("127.0.0.1/32",))

    result = fetch(server.url("/feed"), settings=only_one)[0]

    assert server.requests_to("/secret") == []
    if kind(result) != "bad_url":  # some odd spellings are refused before they are resolved
        assert kind(result) == "address_not_allowed"
        assert "fetch.allow_networks" in str(result.error)


def test_loopback_is_blocked_unless_allowed(server: FeedServer) -> None:
    closed = replace(SETTINGS, allow_networks=())
    name = server.url("/feed").replace("127.0.0.1", "localhost")

    results = fetch(server.url("/feed"), name, settings=closed)

    assert [kind(result) for result in results] == ["address_not_allowed"] * 2
    assert server.requests == []


def test_invalid_network_setting_is_rejected_before_fetching() -> None:
    with pytest.raises(SettingsError, match="allow_networks"):
        fetch(
            "http://outlet.example/", settings=replace(SETTINGS, allow_networks=("127.0.0.1/99",))
        )


def test_password_is_sent_to_its_host_only_and_never_logged(server: FeedServer) -> None:
    server.routes["/feed"] = redirect("/here")
    server.routes["/here"] = redirect(server.url("/there").replace("127.0.0.1", "localhost"))
    server.routes["/there"] = reply(b"", "403 Forbidden")
    url = server.url("/feed").replace("//", "//reader:secret@")

    result = fetch(url)[0]

    assert "authorization" in server.requests_to("/feed")[0].headers
    assert "authorization" in server.requests_to("/here")[0].headers
    assert "authorization" not in server.requests_to("/there")[0].headers
    assert "secret" not in str(result.error)
    assert "secret" not in result.final_url


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(RSS), "gzip"),
        (gzip.compress(RSS[:50]) + gzip.compress(RSS[50:]), "x-gzip"),
        (zlib.compress(RSS), "deflate"),
        (zlib.compress(RSS)[2:-4], "deflate"),
        (RSS, "gzip"),
        (RSS, "identity"),
        (gzip.compress(RSS), ""),
    ],
)
def test_compressed_bodies_are_decompressed(server: FeedServer, body: bytes, coding: str) -> None:
    result = fetch_from(server, reply(body, content_encoding=coding))

    assert (result.error, result.body, result.received) == (None, RSS, len(body))


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (reply(gzip.compress(RSS)[:-20], content_encoding="gzip"), "broken_response"),
        (reply(b"\x1f\x8bnonsense", content_encoding="gzip"), "broken_response"),
        (reply(b"x", content_encoding="br"), "broken_response"),
        (raw(head(content_length=5000) + RSS), "broken_response"),
        (raw(head(transfer_encoding="chunked") + b"5\r\nhello"), "broken_response"),
        (raw(b"this is no HTTP at all\r\n\r\n"), "broken_response"),
        (raw(head(x_long="y" * 100_000)), "broken_response"),
        (raw(b""), "unreachable"),
        (reset(), "unreachable"),
        (reset(head(content_length=5000) + RSS), "broken_response"),
        (reply(b""), "empty"),
        (reply(b"", "204 No Content"), "empty"),
        (reply(b"", "500 Internal Server Error"), "bad_status"),
        (reply(b"", "404 Not Found"), "bad_status"),
        (reply(b"", "999 Odd"), "bad_status"),
        (reply(b"", "410 Gone"), "gone"),
        (redirect("/gone", "302 Found"), "bad_status"),
    ],
)
def test_each_error_has_its_kind(server: FeedServer, behaviour: Behaviour, expected: str) -> None:
    server.routes["/gone"] = reply(b"", "410 Gone")

    result = fetch_from(server, behaviour)

    assert kind(result) == expected
    assert result.body is None
    assert server.url("/feed") in str(result.error)
    assert "\n" not in str(result.error)


@pytest.mark.parametrize(
    "behaviour",
    [hang(), hang(head()[:-10]), hang(head(content_length=500) + b"<rss>"), drip(RSS, 0.05)],
    ids=["before the head", "within the head", "within the body", "drip"],
)
def test_slow_server_times_out(server: FeedServer, behaviour: Behaviour) -> None:
    started = time.monotonic()

    result = fetch_from(server, behaviour, IMPATIENT)

    assert kind(result) == "timeout"
    assert time.monotonic() - started < 2


def test_time_limit_covers_all_hops(server: FeedServer) -> None:
    for hop in range(5):
        server.routes[f"/{hop}"] = slow(0.12, redirect(f"/{hop + 1}"))

    assert kind(fetch(server.url("/0"), settings=IMPATIENT)[0]) == "timeout"


def test_slow_body_within_the_limit_is_read_completely(server: FeedServer) -> None:
    packed = gzip.compress(b"<rss/>")

    assert fetch_from(server, drip(packed, 0.001)).body == b"<rss/>"


def test_download_stops_at_the_size_limit(server: FeedServer) -> None:
    sent = []

    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            sent.append(1)
            yield b" " * (1 << 20)

    announced = fetch_from(server, raw(head(content_length=200 << 20)))
    endless = fetch_from(server, stream(pieces))

    assert kind(endless) == kind(announced) == "too_large"
    assert "more than 1 MiB" in str(endless.error)
    assert len(sent) < 20


def test_decompression_stops_at_the_size_limit(server: FeedServer) -> None:
    bomb = gzip_bomb(100)

    result = fetch_from(server, reply(bomb, content_encoding="gzip"))

    assert len(bomb) < SETTINGS.max_received_bytes
    assert kind(result) == "decompression_bomb"


@pytest.mark.parametrize(
    ("value", "expected"), [("120", 120), ("soon", None), ("-5", None), ("DATE", 90)]
)
def test_retry_after_is_parsed_in_both_formats(
    server: FeedServer, value: str, expected: int | None
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    busy = reply(b"", "429 Too Many Requests", retry_after=value.replace("DATE", later))

    result = fetch_from(server, busy)

    assert (kind(result), result.status) == ("bad_status", 429)
    waits = result.retry_after.total_seconds() if result.retry_after else None
    assert waits == pytest.approx(expected, abs=3) if expected else waits is None


def test_host_with_429_is_paused_for_the_run(server: FeedServer) -> None:
    server.routes = {f"/{n}": reply(b"", "429 Too Many Requests") for n in range(5)}
    one_by_one = replace(SETTINGS, per_host=1)

    results = fetch(*(server.url(f"/{n}") for n in range(5)), settings=one_by_one)

    assert [kind(result) for result in results] == ["bad_status", *["host_busy"] * 4]
    assert len(server.requests) == 1
    assert all(result.retry_after for result in results[1:])


def test_requests_to_one_host_are_delayed(server: FeedServer) -> None:
    server.routes = {f"/{n}": reply() for n in range(6)}
    polite = replace(SETTINGS, per_host=6, host_delay_seconds=0.05)

    start = time.monotonic()
    results = fetch(*(server.url(f"/{n}") for n in range(6)), settings=polite)

    assert [result.body for result in results] == [RSS] * 6
    assert time.monotonic() - start >= 5 * polite.host_delay_seconds


def test_concurrent_requests_to_one_host_are_limited(server: FeedServer) -> None:
    pending = PendingRequests()
    server.routes = {f"/{n}": pending.delay(0.1, reply()) for n in range(6)}
    polite = replace(SETTINGS, per_host=2, host_delay_seconds=0)

    results = fetch(*(server.url(f"/{n}") for n in range(6)), settings=polite)

    assert [result.body for result in results] == [RSS] * 6
    assert pending.maximum == 2


def test_total_is_limited_and_slow_host_does_not_block_others(
    server: FeedServer,
) -> None:
    pending = PendingRequests()
    server.routes = {f"/{n}": pending.delay(0.1, reply()) for n in range(8)}
    elsewhere = server.url("/0").replace("127.0.0.1", "localhost")
    crowded = replace(SETTINGS, concurrency=2, per_host=1, host_delay_seconds=0.05)
    order: list[str] = []

    fetch_requests = [FetchRequest(n, server.url(f"/{n}")) for n in range(1, 6)]
    fetch_requests.append(FetchRequest(9, elsewhere))
    asyncio.run(fetch_each(fetch_requests, crowded, lambda result: order.append(result.url)))

    assert pending.maximum <= 2
    assert order.index(elsewhere) <= 2


@pytest.mark.parametrize(
    "url",
    ["", "outlet.example/feed", "file:///etc/passwd", "http://", "http://x:99999/", "http://["],
)
def test_invalid_url_does_not_stop_other_requests(server: FeedServer, url: str) -> None:
    server.routes["/feed"] = reply()

    bad, good = fetch(url, server.url("/feed"))

    assert (kind(bad), good.body) == ("bad_url", RSS)


def test_unknown_names_and_closed_ports_are_unreachable() -> None:
    name, port = fetch("http://feeds.outlet.invalid/rss", "http://127.0.0.1:9/rss")

    assert (kind(name), kind(port)) == ("unreachable", "unreachable")


def test_server_without_tls_is_unreachable_over_https(server: FeedServer) -> None:
    server.routes["/feed"] = reply()

    assert kind(fetch(server.url("/feed").replace("http:", "https:"))[0]) == "unreachable"


def test_exception_in_the_callback_is_raised(server: FeedServer) -> None:
    server.routes["/feed"] = reply()

    def callback(_: FetchResult) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(fetch_each([FetchRequest(1, server.url("/feed"))], SETTINGS, callback))

    assert caught.group_contains(ZeroDivisionError)


def test_results_are_in_request_order_and_reported_as_they_arrive(server: FeedServer) -> None:
    server.routes = {"/slow": slow(0.1, reply()), "/fast": reply()}
    seen: list[int] = []
    fetch_requests = [FetchRequest(1, server.url("/slow")), FetchRequest(2, server.url("/fast"))]

    results = asyncio.run(fetch_all(fetch_requests, SETTINGS))
    asyncio.run(fetch_each(fetch_requests, SETTINGS, lambda result: seen.append(result.feed_id)))

    assert [result.feed_id for result in results] == [1, 2]
    assert seen == [2, 1]


def test_empty_request_list_returns_no_results() -> None:
    assert fetch() == []
