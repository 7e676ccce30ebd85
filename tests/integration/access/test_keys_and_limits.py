"""HTTP API: authentication, rate limit, trusted proxies, body size and media types."""

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
from sqlalchemy import Engine, create_engine, event, text

from service.commands.running.servers.http_server import serve_in_thread
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
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running

READ = "/v1/stories"


def serving(
    sessions: Sessions, clock: Callable[[], Any] = lambda: NOW, **access: Any
) -> AbstractContextManager[Site]:
    """Serve with changed [access] settings."""
    settings = settings_module.load({})
    changed = replace(settings, access=replace(settings.access, **access))
    return running(create_app(sessions, clock=clock, settings=changed))


@pytest.fixture(scope="module")
def store(new_database: Callable[[], str]) -> Iterator[Sessions]:
    """A database with one story, for tests that create their own keys."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry strikes pier")])
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def protected(store: Sessions) -> Iterator[Site]:
    """A server that requires a key for reading."""
    with serving(store, read_access="keys") as site:
        yield site


def basic(secret: str) -> Mapping[str, str]:
    credentials = base64.b64encode(f"anybody:{secret}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


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
def test_auto_read_access_is_open_on_loopback(setting: str, host: str, *, is_open: bool) -> None:
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
def test_key_is_required_except_for_health_docs_and_static_files(
    protected: Site, path: str, status: int
) -> None:
    response = protected.get(path)
    assert response.status == status
    assert ("www-authenticate" in response.headers) == (status == 401)


def test_key_allows_reading(protected: Site, store: Sessions) -> None:
    rita = make_key_client(protected, store, "rita")
    for path in (READ, "/metrics", "/", "/stories/ferry", "/v1/feeds"):
        assert rita.get(path).status == 200, path
    head = rita.request("HEAD", READ)
    assert (head.status, head.body) == (200, b"")
    etag = rita.get(READ).headers["etag"]
    assert rita.request("GET", READ, headers={"If-None-Match": etag}).status == 304
    assert protected.get(READ, headers={"If-None-Match": etag}).status == 401


def test_basic_authentication_allows_reading_only(protected: Site, store: Sessions) -> None:
    eve = make_key_client(protected, store, "eve", Role.EDITOR)
    rejected = protected.page("/")
    assert (rejected.status, rejected.headers["location"]) == (303, "/sign-in?next=%2F")
    assert rejected.headers["cache-control"] == "no-store"
    assert protected.get("/", headers=basic(eve.secret)).status == 200
    assert protected.get("/", headers=basic("wrong")).status == 401
    written = protected.get("/v1/decisions", method="POST", body=b"{}", headers=basic(eve.secret))
    assert written.status == 401


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer wrong", "Bearer " + "x" * 5000, "Bearer \xff\xfe", "Basic ????", "Digest x"],
)
def test_invalid_authorization_returns_401(protected: Site, authorization: str) -> None:
    response = protected.get(READ, headers={"Authorization": authorization})
    assert response.status == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["type"] == "urn:samestory:problem:invalid-key"
    assert response.headers["www-authenticate"].startswith("Bearer realm=")


def test_invalid_key_returns_401_with_open_reading(sessions: Sessions) -> None:
    with serving(sessions) as site:
        assert site.get(READ).status == 200
        assert site.get(READ, headers=basic("of the proxy")).status == 200
        rejected = site.get(READ, headers={"Authorization": "Bearer wrong"})
        assert rejected.status == 401
        assert 'error="invalid_token"' in rejected.headers["www-authenticate"]


def test_expired_key_returns_401(sessions: Sessions, clock: Clock) -> None:
    clock.now = NOW
    with serving(sessions, clock, read_access="keys") as site:
        rita = make_key_client(site, sessions, "rita", expires_at=NOW + timedelta(hours=1))
        assert rita.get(READ).status == 200
        clock.advance(hours=1)
        assert rita.get(READ).status == 401


@pytest.mark.parametrize("path", [READ, "/v1/feeds", "/metrics"])
def test_key_revoked_by_other_process_returns_401(sessions: Sessions, path: str) -> None:
    with serving(sessions, read_access="keys") as site:
        for number in range(5):
            rita = make_key_client(site, sessions, f"rita {number}")
            assert [rita.get(path).status for _ in range(3)] == [200] * 3
            with sessions.begin() as session:
                keys.revoke(session, rita.key.id, now=NOW)
            assert rita.get(path).status == 401


def test_no_request_after_revocation_succeeds_under_load(
    sessions: Sessions,
) -> None:
    with serving(sessions, read_access="keys", requests_per_minute=0) as site:
        rita = make_key_client(site, sessions, "rita")
        revoked = threading.Event()
        late_successes: list[int] = []

        def read() -> None:
            status = 200
            while status == 200:
                late = revoked.is_set()
                status = rita.get(READ).status
                if late and status == 200:
                    late_successes.append(status)

        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        with sessions.begin() as session:
            keys.revoke(session, rita.key.id, now=NOW)
        revoked.set()
        for reader in readers:
            reader.join(30)
        assert late_successes == []


def test_key_changes_are_counted_but_not_key_use(sessions: Sessions, engine: Engine) -> None:
    def count() -> tuple[int, int]:
        state = read_latest_change_counter(engine)
        return state.key_changes, state.value

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


def test_key_revoked_by_same_process_returns_401_and_ends_stream(
    sessions: Sessions,
) -> None:
    with serving(sessions, read_access="keys") as site:
        rita = make_key_client(site, sessions, "rita")
        adam = make_key_client(site, sessions, "adam", Role.ADMIN)
        stream = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        stream.request(
            "GET", "/v1/changes/stream", headers={"Authorization": f"Bearer {rita.secret}"}
        )
        response = stream.getresponse()
        assert response.status == 200
        assert adam.request("DELETE", f"/v1/keys/{rita.key.id}").status == 200
        assert rita.get(READ).status == 401
        response.read()  # would last an hour
        stream.close()


def test_key_is_cached_between_requests(sessions: Sessions) -> None:
    with serving(sessions) as site:
        rita = make_key_client(site, sessions, "rita")
        statements: list[str] = []
        engine = sessions.kw["bind"]
        event.listen(engine, "before_cursor_execute", lambda *values: statements.append(values[2]))
        for _ in range(5):
            assert rita.get(READ).status == 200
        assert sum("FROM keys" in statement for statement in statements) == 1


def test_only_hash_is_stored_and_last_use_is_recorded(sessions: Sessions) -> None:
    with serving(sessions) as site:
        rita = make_key_client(site, sessions, "rita")
        rita.get(READ)
    with sessions() as session:
        [row] = session.query(KeyRow)
        assert row.last_used_at == NOW
        assert rita.secret.encode() not in row.hash
        assert len(row.hash) == 32


def test_key_lookup_uses_index(sessions: Sessions) -> None:
    with sessions() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(text("EXPLAIN SELECT * FROM keys WHERE hash = '\\x00'")).all()
        assert "uq_keys_hash" in "".join(plan)


def test_rate_limit_is_per_key_and_per_address(sessions: Sessions) -> None:
    with serving(sessions, requests_per_minute=3) as site:
        rita, bob = (make_key_client(site, sessions, name) for name in ("rita", "bob"))
        for left in (2, 1, 0):
            response = rita.get(READ)
            assert response.status == 200
            assert response.headers["ratelimit-policy"] == '"key";q=3;w=60'
            assert response.headers["ratelimit"].startswith(f'"key";r={left};t=')
        rejected = rita.get(READ)
        assert rejected.status == 429
        assert rejected.headers["cache-control"] == "no-store"
        assert rejected.json["type"] == "urn:samestory:problem:too-many-requests"
        assert 0 < int(rejected.headers["retry-after"]) <= 20
        assert rejected.headers["ratelimit"].startswith('"key";r=0;t=')
        assert rejected.headers["x-request-id"]
        assert bob.get(READ).headers["ratelimit"].startswith('"key";r=2')
        assert site.get(READ).headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert site.get("/").status == 200
        etag = site.get(READ).headers["etag"]
        assert site.get(READ, headers={"If-None-Match": etag}).status == 429
        assert site.page("/").status == 429
        for path in ("/healthz", "/readyz", "/static/site.css"):
            assert site.get(path).status == 200
            assert "ratelimit" not in site.get(path).headers


def test_invalid_keys_count_against_address_limit(sessions: Sessions) -> None:
    with serving(sessions, read_access="keys", requests_per_minute=2) as site:
        received = [
            site.get(READ, headers={"Authorization": f"Bearer {guess}"}).status
            for guess in range(3)
        ]
        assert received == [401, 401, 429]


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [
        ("", [200, 200, 429, 429]),
        ("10.0.0.0/8", [200, 200, 429, 429]),
        ("10.0.0.0/8, 127.0.0.1", [200, 200, 200, 200]),
    ],
)
def test_forwarded_header_is_trusted_from_configured_proxies_only(
    sessions: Sessions, trusted: str, statuses: list[int]
) -> None:
    settings = settings_module.load(
        {"SAMESTORY_ACCESS__REQUESTS_PER_MINUTE": "2", "SAMESTORY_WEB__TRUSTED_PROXIES": trusted}
    )
    app = create_app(sessions, clock=lambda: NOW, settings=settings)
    with serve_in_thread(app, "127.0.0.1", 0, web=settings.web) as port:
        received = [
            Site(port).get(READ, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status
            for number in range(4)
        ]
    assert received == statuses


def test_host_name_as_trusted_proxy_raises() -> None:
    with pytest.raises(SettingsError, match=r"web\.trusted_proxies: 'proxy\.example'"):
        settings_module.load({"SAMESTORY_WEB__TRUSTED_PROXIES": "proxy.example"})


def test_no_rate_limit_headers_without_limit(sessions: Sessions) -> None:
    with serving(sessions, requests_per_minute=0) as site:
        assert "ratelimit" not in site.get(READ).headers


@pytest.mark.parametrize("with_length", [True, False])
def test_body_over_limit_returns_413(store: Sessions, *, with_length: bool) -> None:
    with serving(store, max_body_bytes=1000) as site:
        eve = make_key_client(site, store, f"eve {with_length}", Role.EDITOR)
        body = [b'{"action": "lock", "story": "ferry"', b" " * 1000, b"}"]
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request(
            "POST",
            "/v1/decisions",
            b"".join(body) if with_length else iter(body),
            {"Authorization": f"Bearer {eve.secret}", "Content-Type": "application/json"},
            encode_chunked=not with_length,
        )
        response = connection.getresponse()
        assert response.status == 413
        assert response.headers["cache-control"] == "no-store"
        assert b"exceeds 1000 bytes" in response.read()
        connection.close()
        assert eve.get("/v1/decisions").json["items"] == []


def send_post_head(site: Site, *lines: str) -> tuple[socket.socket, float, bytes]:
    """Send the head of a POST without its body; return socket, seconds and first response bytes."""
    began = time.monotonic()
    connection_socket = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    head = ["POST /v1/match HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]
    connection_socket.sendall("\r\n".join(head).encode())
    first = connection_socket.recv(65536)
    return connection_socket, time.monotonic() - began, first


def test_expect_continue_with_too_large_body_returns_413_immediately(store: Sessions) -> None:
    with serving(store) as site:
        connection_socket, seconds, response = send_post_head(
            site, "Expect: 100-continue", "Content-Length: 20000000", "Content-Type: text/plain"
        )
        with connection_socket:
            while part := connection_socket.recv(65536):  # until the server closes
                response += part
        assert response.startswith(b"HTTP/1.1 413 ")
        assert b"100 Continue" not in response
        head = response.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nconnection: close" in head
        assert b"\r\nratelimit: " in head
        assert b"\r\nratelimit-policy: " in head
        assert seconds < 3


def test_expect_continue_with_small_body_is_accepted(store: Sessions) -> None:
    with serving(store) as site:
        connection_socket, _, response = send_post_head(
            site, "Expect: 100-continue", "Content-Length: 2", "Content-Type: application/json"
        )
        with connection_socket:
            assert response.startswith(b"HTTP/1.1 100 ")
            connection_socket.sendall(b"{}")
            assert connection_socket.recv(65536).startswith(b"HTTP/1.1 503 ")  # there is no model


def test_too_large_content_length_returns_413_then_closes_connection(
    store: Sessions,
) -> None:
    with serving(store) as site:
        began = time.monotonic()
        connection_socket, seconds, response = send_post_head(site, "Content-Length: 99999999999")
        with connection_socket:
            connection_socket.sendall(b"x")
            while part := connection_socket.recv(65536):
                response += part
        assert response.startswith(b"HTTP/1.1 413 ")
        assert b"exceeds 1048576 bytes" in response
        assert seconds < 3
        assert time.monotonic() - began < 15


def test_endless_body_closes_connection(store: Sessions) -> None:
    with serving(store, max_body_bytes=1000) as site:
        connection_socket, _, _ = send_post_head(site, "Content-Length: 99999999999")
        with connection_socket, pytest.raises(ConnectionError):
            connection_socket.sendall(b"x" * (100 << 20))


def allow_connections(sessions: Sessions, *, allowed: bool) -> None:
    """Let the server accept connections to the test's database, or reject and end them."""
    engine = sessions.kw["bind"]
    admin = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = engine.url.database
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"))
        if not allowed:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(end), {"name": name})
    admin.dispose()


def test_unreachable_database_returns_503(sessions: Sessions) -> None:
    with serving(sessions, read_access="keys") as site:
        rita = make_key_client(site, sessions, "rita")
        allow_connections(sessions, allowed=False)
        response = rita.get(READ)
        assert response.status == 503
        assert response.headers["retry-after"]
        allow_connections(sessions, allowed=True)
        assert rita.get(READ).status == 200


def test_public_host_requires_key(store: Sessions) -> None:
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
def test_unsupported_body_returns_415_with_remedy(
    protected: Site, store: Sessions, headers: dict[str, str], remedy: str, *, packed: bool
) -> None:
    client = make_key_client(protected, store, f"{remedy}{packed}{headers}", *Role)
    own = {"Authorization": f"Bearer {client.secret}", **headers}
    body = b'{"action": "burn"}'
    body = gzip.compress(body) if packed else body
    document = protected.get("/openapi.json").json
    seen = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                assert "415" not in operation["responses"]
                continue
            address = re.sub(r"{\w+}", "1", path)
            rejected = protected.get(address, method=method.upper(), headers=own, body=body)
            assert (rejected.status, path) == (415, path), rejected.text
            assert rejected.json["type"] == "urn:samestory:problem:unsupported-body"
            assert remedy in rejected.json["detail"]
            assert "415" in operation["responses"]
            seen += 1
    assert seen >= 10


@pytest.mark.parametrize("said", ["application/json; charset=utf-8", "application/problem+json"])
def test_json_media_types_are_accepted(protected: Site, store: Sessions, said: str) -> None:
    client = make_key_client(protected, store, said, Role.EDITOR)
    headers = {"Authorization": f"Bearer {client.secret}", "Content-Type": said}
    headers["Content-Encoding"] = "identity"
    rejected = protected.get("/v1/decisions", method="POST", headers=headers, body=b"{}")
    assert rejected.status == 422
    nothing = {**headers, "Content-Type": "text/plain"}
    assert protected.get("/v1/decisions", method="POST", headers=nothing).status == 422


def test_guesses_of_keys_and_links_are_limited(sessions: Sessions, engine: Engine) -> None:
    with serving(sessions, requests_per_minute=3) as site:
        guesses = [site.get(READ, headers={"Authorization": f"Bearer {n}"}) for n in range(3)]
        assert [each.status for each in guesses] == [401, 401, 401]
        executed: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *args: executed.append(args[2]))
        assert site.get(READ, headers={"Authorization": "Bearer 4"}).status == 429
        assert site.get("/digest/confirm/1-abc").status == 429
        assert executed == []


def test_rate_limit_holds_for_two_servers_together(sessions: Sessions) -> None:
    with (
        serving(sessions, requests_per_minute=20) as first,
        serving(sessions, requests_per_minute=20) as second,
    ):
        assert [first.get(READ).status for _ in range(15)] == [200] * 15
        time.sleep(1.1)
        first.get(READ)  # reports the other requests
        time.sleep(0.3)
        second.get(READ)  # reads what is left
        time.sleep(0.3)
        statuses = [second.get(READ).status for _ in range(12)]
        assert statuses[0] == 200
        # 17 requests were sent before; one more is allowed every three seconds.
        assert 2 <= statuses.count(200) <= 6
        assert statuses[-1] == 429
    with sessions() as session:
        buckets = session.execute(text("SELECT client, remaining FROM rate_buckets")).all()
    assert [client for client, _ in buckets] == ["127.0.0.1"]


def test_rate_limits_work_without_exchange(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("DROP TABLE rate_buckets"))
    with serving(sessions, requests_per_minute=3) as site:
        assert [site.get(READ).status for _ in range(5)] == [200, 200, 200, 429, 429]
