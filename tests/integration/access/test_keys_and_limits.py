"""Keys, who may read, how often anybody may ask, and how much they may send."""

import base64
import gzip
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from jobs.running import daemon
from service.domain.access.roles import Role
from service.errors import SettingsError
from service.settings import load as settings_module
from service.store.access import keys
from service.store.database import schema
from service.store.database.change_counter import read_latest_change_counter
from service.store.database.sessions import Sessions, make_sessions
from service.store.tables import KeyRow
from service.web.app import create_app
from tests.integration.conftest import Clock
from tests.support.database.api_keys import holder
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running

READ = "/v1/stories"


def serving(
    sessions: Sessions, clock: Callable[[], Any] = lambda: NOW, **access: Any
) -> AbstractContextManager[Site]:
    """A server with settings of [access] of its own."""
    settings = settings_module.load({})
    changed = replace(settings, access=replace(settings.access, **access))
    return running(create_app(sessions, clock=clock, settings=changed))


@pytest.fixture(scope="module")
def store(new_database: Callable[[], str]) -> Iterator[Sessions]:
    """A database with one story, for tests that bring keys of their own."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry strikes pier")])
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def closed(store: Sessions) -> Iterator[Site]:
    """A server that reading takes a key at."""
    with serving(store, read_access="keys") as site:
        yield site


def basic(secret: str) -> Mapping[str, str]:
    word = base64.b64encode(f"anybody:{secret}".encode()).decode()
    return {"Authorization": f"Basic {word}"}


@pytest.mark.parametrize(
    ("setting", "host", "is_open"),
    [
        ("auto", "127.0.0.1", True),
        ("auto", "::1", True),
        ("auto", "localhost", True),
        ("auto", "0.0.0.0", False),
        ("auto", "news.example", False),
        ("open", "0.0.0.0", True),
        ("keys", "127.0.0.1", False),
    ],
)
def test_reading_is_open_on_loopback_unless_told_otherwise(
    setting: str, host: str, *, is_open: bool
) -> None:
    variables = {"SAMESTORY_ACCESS__READ_ACCESS": setting}
    assert settings_module.load(variables).access.is_open(host) is is_open


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (READ, 401), ("/v1/feeds", 401), ("/v1/changes/stream", 401), ("/metrics", 401),
        ("/", 401), ("/stories/ferry", 401), ("/feeds", 401), ("/nowhere", 401),
        ("/static/../v1/stories", 404), ("//v1/stories", 401), ("/V1/stories", 401),
        ("/healthz", 200), ("/readyz", 200), ("/docs", 200), ("/openapi.json", 200),
        ("/static/site.css", 200), ("/digest/confirm/x", 404),
    ],
)  # fmt: skip
def test_where_reading_is_closed_only_what_tells_nothing_is_open(
    closed: Site, path: str, status: int
) -> None:
    answer = closed.get(path)
    assert answer.status == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_a_key_opens_reading(closed: Site, store: Sessions) -> None:
    rita = holder(closed, store, "rita")
    for path in (READ, "/metrics", "/", "/stories/ferry", "/v1/feeds"):
        assert rita.get(path).status == 200, path
    head = rita.ask("HEAD", READ)
    assert (head.status, head.body) == (200, b"")
    etag = rita.get(READ).headers["etag"]
    assert rita.ask("GET", READ, headers={"If-None-Match": etag}).status == 304
    assert closed.get(READ, headers={"If-None-Match": etag}).status == 401


def test_a_browser_asks_its_user_for_the_key_which_is_good_for_reading_alone(
    closed: Site, store: Sessions
) -> None:
    eve = holder(closed, store, "eve", Role.EDITOR)
    refused = closed.page("/")
    assert refused.status == 401
    assert refused.headers["cache-control"] == "no-store"
    assert refused.headers["www-authenticate"] == 'Basic realm="samestory"'
    assert "text/html" in refused.headers["content-type"]
    assert closed.get("/", headers=basic(eve.secret)).status == 200
    assert closed.get("/", headers=basic("wrong")).status == 401
    written = closed.get("/v1/decisions", method="POST", body=b"{}", headers=basic(eve.secret))
    assert written.status == 401


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer wrong", "Bearer " + "x" * 5000, "Bearer \xff\xfe", "Basic ????", "Digest x"],
)
def test_what_is_no_key_opens_nothing(closed: Site, authorization: str) -> None:
    answer = closed.get(READ, headers={"Authorization": authorization})
    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["type"] == "urn:samestory:problem:no-good-key"
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")


def test_where_reading_is_open_a_bad_key_is_refused_all_the_same(sessions: Sessions) -> None:
    with serving(sessions) as site:
        assert site.get(READ).status == 200
        assert site.get(READ, headers=basic("of the proxy")).status == 200
        refused = site.get(READ, headers={"Authorization": "Bearer wrong"})
        assert refused.status == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_a_key_expires(sessions: Sessions, clock: Clock) -> None:
    clock.now = NOW
    with serving(sessions, clock, read_access="keys") as site:
        rita = holder(site, sessions, "rita", expires_at=NOW + timedelta(hours=1))
        assert rita.get(READ).status == 200
        clock.advance(hours=1)
        assert rita.get(READ).status == 401


@pytest.mark.parametrize("path", [READ, "/v1/feeds", "/metrics"])
def test_a_key_that_another_process_revoked_is_refused_at_once(
    sessions: Sessions, path: str
) -> None:
    with serving(sessions, read_access="keys") as site:
        for number in range(5):
            rita = holder(site, sessions, f"rita {number}")
            assert [rita.get(path).status for _ in range(3)] == [200] * 3
            with sessions.begin() as session:
                keys.revoke(session, rita.key.id, now=NOW)
            assert rita.get(path).status == 401


def test_under_many_requests_none_that_came_after_the_revocation_is_let_in(
    sessions: Sessions,
) -> None:
    with serving(sessions, read_access="keys", requests_per_minute=0) as site:
        rita = holder(site, sessions, "rita")
        revoked = threading.Event()
        faults: list[int] = []

        def read() -> None:
            status = 200
            while status == 200:
                late = revoked.is_set()
                status = rita.get(READ).status
                if late and status == 200:
                    faults.append(status)

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        with sessions.begin() as session:
            keys.revoke(session, rita.key.id, now=NOW)
        revoked.set()
        for reader in readers:
            reader.join(30)
        assert faults == []


def test_what_keys_open_is_counted_and_their_use_is_not(sessions: Sessions, engine: Engine) -> None:
    def count() -> tuple[int, int]:
        state = read_latest_change_counter(engine)
        return state.keys, state.number

    start, number = count()
    with sessions.begin() as session:
        key, _ = keys.create(session, "rita", [], now=NOW)
    assert count() == (start + 1, number)
    with sessions() as session:
        session.query(KeyRow).update({"revoked_at": NOW})
        session.rollback()
    with sessions.begin() as session:
        session.query(KeyRow).update({"last_used_at": NOW})
    assert count() == (start + 1, number)
    with sessions.begin() as session:
        keys.revoke(session, key.id, now=NOW)
    assert count() == (start + 2, number)


def test_a_key_that_this_process_revokes_is_refused_at_once_and_its_stream_ends(
    sessions: Sessions,
) -> None:
    with serving(sessions, read_access="keys") as site:
        rita = holder(site, sessions, "rita")
        adam = holder(site, sessions, "adam", Role.ADMIN)
        stream = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        stream.request(
            "GET", "/v1/changes/stream", headers={"Authorization": f"Bearer {rita.secret}"}
        )
        answer = stream.getresponse()
        assert answer.status == 200
        assert adam.ask("DELETE", f"/v1/keys/{rita.key.id}").status == 200
        assert rita.get(READ).status == 401
        answer.read()  # would last an hour
        stream.close()


def test_a_key_takes_no_query_for_each_request(sessions: Sessions) -> None:
    with serving(sessions) as site:
        rita = holder(site, sessions, "rita")
        asked: list[str] = []
        engine = sessions.kw["bind"]
        event.listen(engine, "before_cursor_execute", lambda *found: asked.append(found[2]))
        for _ in range(5):
            assert rita.get(READ).status == 200
        assert sum("FROM keys" in statement for statement in asked) == 1


def test_only_hashes_are_kept_and_use_is_noted(sessions: Sessions) -> None:
    with serving(sessions) as site:
        rita = holder(site, sessions, "rita")
        rita.get(READ)
    with sessions() as session:
        [row] = session.query(KeyRow)
        assert row.last_used_at == NOW
        assert rita.secret.encode() not in row.hash
        assert len(row.hash) == 32


def test_a_key_is_looked_up_by_index(sessions: Sessions) -> None:
    with sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(text("EXPLAIN SELECT * FROM keys WHERE hash = '\\x00'")).all()
        assert "uq_keys_hash" in "".join(plan)


def test_requests_are_counted_by_key_and_by_address(sessions: Sessions) -> None:
    with serving(sessions, requests_per_minute=3) as site:
        rita, bob = (holder(site, sessions, name) for name in ("rita", "bob"))
        for left in (2, 1, 0):
            answer = rita.get(READ)
            assert answer.status == 200
            assert answer.headers["ratelimit-policy"] == '"key";q=3;w=60'
            assert answer.headers["ratelimit"].startswith(f'"key";r={left};t=')
        refused = rita.get(READ)
        assert refused.status == 429
        assert refused.headers["cache-control"] == "no-store"
        assert refused.json["type"] == "urn:samestory:problem:too-many-requests"
        assert 0 < int(refused.headers["retry-after"]) <= 20
        assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
        assert refused.headers["x-request-id"]
        assert bob.get(READ).headers["ratelimit"].startswith('"key";r=2')
        assert site.get(READ).headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert site.get("/").status == 200
        etag = site.get(READ).headers["etag"]
        assert site.get(READ, headers={"If-None-Match": etag}).status == 429
        assert site.page("/").status == 429
        for path in ("/healthz", "/readyz", "/static/site.css"):
            assert site.get(path).status == 200
            assert "ratelimit" not in site.get(path).headers


def test_guesses_are_counted_by_address(store: Sessions) -> None:
    with serving(store, read_access="keys", requests_per_minute=2) as site:
        found = [
            site.get(READ, headers={"Authorization": f"Bearer {guess}"}).status
            for guess in range(3)
        ]
        assert found == [401, 401, 429]


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [
        ("", [200, 200, 429, 429]),
        ("10.0.0.0/8", [200, 200, 429, 429]),
        ("10.0.0.0/8, 127.0.0.1", [200, 200, 200, 200]),
    ],
)
def test_only_proxies_that_are_named_say_who_asks(
    store: Sessions, trusted: str, statuses: list[int]
) -> None:
    settings = settings_module.load(
        {"SAMESTORY_ACCESS__REQUESTS_PER_MINUTE": "2", "SAMESTORY_WEB__TRUSTED_PROXIES": trusted}
    )
    app = create_app(store, clock=lambda: NOW, settings=settings)
    with daemon.serving(app, "127.0.0.1", 0, proxies=settings.web.trusted_proxies) as port:
        found = [
            Site(port).get(READ, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status
            for number in range(4)
        ]
    assert found == statuses


def test_a_trusted_proxy_is_an_address_or_a_network() -> None:
    with pytest.raises(SettingsError, match=r"web\.trusted_proxies: 'proxy\.example'"):
        settings_module.load({"SAMESTORY_WEB__TRUSTED_PROXIES": "proxy.example"})


def test_without_a_limit_none_is_told(sessions: Sessions) -> None:
    with serving(sessions, requests_per_minute=0) as site:
        assert "ratelimit" not in site.get(READ).headers


@pytest.mark.parametrize("told", [True, False])
def test_a_body_over_the_limit_is_refused_with_the_reason(store: Sessions, *, told: bool) -> None:
    with serving(store, max_body_bytes=1000) as site:
        eve = holder(site, store, f"eve {told}", Role.EDITOR)
        body = [b'{"action": "lock", "story": "ferry"', b" " * 1000, b"}"]
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request(
            "POST",
            "/v1/decisions",
            b"".join(body) if told else iter(body),
            {"Authorization": f"Bearer {eve.secret}", "Content-Type": "application/json"},
            encode_chunked=not told,
        )
        answer = connection.getresponse()
        assert answer.status == 413
        assert answer.headers["cache-control"] == "no-store"
        assert b"larger than 1000 bytes" in answer.read()
        connection.close()
        assert eve.get("/v1/decisions").json["items"] == []


def asked(site: Site, *lines: str) -> tuple[socket.socket, float, bytes]:
    """What comes first for a POST of these header lines, its body held back, and after how long."""
    began = time.monotonic()
    speaking = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    head = ["POST /v1/match HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]
    speaking.sendall("\r\n".join(head).encode())
    first = speaking.recv(65536)
    return speaking, time.monotonic() - began, first


def test_a_client_that_asks_before_it_sends_too_much_is_refused_at_once(store: Sessions) -> None:
    with serving(store) as site:
        speaking, took, answer = asked(
            site, "Expect: 100-continue", "Content-Length: 20000000", "Content-Type: text/plain"
        )
        with speaking:
            while part := speaking.recv(65536):  # until the server closes
                answer += part
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"100 Continue" not in answer
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nconnection: close" in head
        assert b"\r\nratelimit: " in head
        assert b"\r\nratelimit-policy: " in head
        assert took < 3


def test_a_body_that_is_asked_for_is_taken(store: Sessions) -> None:
    with serving(store) as site:
        speaking, _, answer = asked(
            site, "Expect: 100-continue", "Content-Length: 2", "Content-Type: application/json"
        )
        with speaking:
            assert answer.startswith(b"HTTP/1.1 100 ")
            speaking.sendall(b"{}")
            assert speaking.recv(65536).startswith(b"HTTP/1.1 503 ")  # there is no model


def test_who_announces_too_much_and_sends_little_is_answered_first_and_then_let_go(
    store: Sessions,
) -> None:
    with serving(store) as site:
        began = time.monotonic()
        speaking, took, answer = asked(site, "Content-Length: 99999999999")
        with speaking:
            speaking.sendall(b"x")
            while part := speaking.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"larger than 1048576 bytes" in answer
        assert took < 3
        assert time.monotonic() - began < 15


def test_who_sends_too_much_without_end_is_let_go(store: Sessions) -> None:
    with serving(store, max_body_bytes=1000) as site:
        speaking, _, _ = asked(site, "Content-Length: 99999999999")
        with speaking, pytest.raises(ConnectionError):
            speaking.sendall(b"x" * (100 << 20))


def test_while_the_database_is_away_nobody_is_let_in(sessions: Sessions) -> None:
    with serving(sessions, read_access="keys") as site:
        rita = holder(site, sessions, "rita")
        engine = sessions.kw["bind"]

        def refuse(*_: object) -> None:
            raise OperationalError("", None, Exception("gone"))

        event.listen(engine, "do_connect", refuse)
        engine.dispose()
        answer = rita.get(READ)
        assert answer.status == 503
        assert answer.headers["retry-after"]
        event.remove(engine, "do_connect", refuse)
        assert rita.get(READ).status == 200


def test_an_application_that_is_to_listen_elsewhere_is_closed(store: Sessions) -> None:
    settings = settings_module.load({"SAMESTORY_WEB__HOST": "0.0.0.0"})
    with running(create_app(store, clock=lambda: NOW, settings=settings)) as site:
        assert site.get(READ).status == 401
        document = site.get("/openapi.json").json
        assert document["paths"]["/v1/stories"]["get"]["security"] == [{"key": []}]


JSON = "application/json"


@pytest.mark.parametrize(
    ("headers", "remedy"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, f"Content-Type: {JSON}"),
        ({"Content-Type": "text/plain"}, f"Content-Type: {JSON}"),
        ({}, f"Content-Type: {JSON}"),
        ({"Content-Type": JSON, "Content-Encoding": "gzip"}, "without Content-Encoding"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_body_that_is_no_plain_json_is_told_what_to_send(
    closed: Site, store: Sessions, headers: dict[str, str], remedy: str, *, packed: bool
) -> None:
    who = holder(closed, store, f"{remedy}{packed}{headers}", *Role)
    own = {"Authorization": f"Bearer {who.secret}", **headers}
    body = b'{"action": "burn"}'
    body = gzip.compress(body) if packed else body
    document = closed.get("/openapi.json").json
    seen = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                assert "415" not in operation["responses"]
                continue
            address = re.sub(r"{\w+}", "1", path)
            refused = closed.get(address, method=method.upper(), headers=own, body=body)
            assert (refused.status, path) == (415, path), refused.text
            assert refused.json["type"] == "urn:samestory:problem:unsupported-body"
            assert remedy in refused.json["detail"]
            assert "415" in operation["responses"]
            seen += 1
    assert seen >= 10


@pytest.mark.parametrize("said", ["application/json; charset=utf-8", "application/problem+json"])
def test_json_is_taken_by_any_of_its_names(closed: Site, store: Sessions, said: str) -> None:
    who = holder(closed, store, said, Role.EDITOR)
    headers = {"Authorization": f"Bearer {who.secret}", "Content-Type": said}
    headers["Content-Encoding"] = "identity"
    refused = closed.get("/v1/decisions", method="POST", headers=headers, body=b"{}")
    assert refused.status == 422
    nothing = {**headers, "Content-Type": "text/plain"}
    assert closed.get("/v1/decisions", method="POST", headers=nothing).status == 422
