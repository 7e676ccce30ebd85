"""Host header: known hosts, links that start with `web.site`, and HSTS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from service.settings import load as settings_module
from service.store.database.sessions import Sessions
from service.web.app import create_app
from service.web.middleware.hosts import HostPolicy
from tests.support.database.rows import NOW
from tests.support.servers.site import Site, running

WEB = settings_module.load({}).web
FEED = "/v1/stories/feed.json"
LOCAL = HostPolicy.from_settings(WEB)
PUBLIC = HostPolicy.from_settings(
    replace(WEB, host="0.0.0.0", site="https://news.example:8443", hosts=("web.internal",))
)


@contextmanager
def serving(sessions: Sessions, **values: object) -> Iterator[Site]:
    settings = settings_module.load({})
    web = replace(settings.web, **values)  # type: ignore[arg-type]  # fields of several types
    app = create_app(sessions, clock=lambda: NOW, settings=replace(settings, web=web))
    with running(app) as site:
        yield site


@pytest.mark.parametrize(
    ("policy", "host", "known"),
    [
        *(
            (LOCAL, host, True)
            for host in ("127.0.0.1:8075", "localhost", "LOCALHOST:1", "[::1]:8")
        ),
        *(
            (LOCAL, host, False)
            for host in ("evil.example", "", "10.0.0.1", "127.0.0.1.evil.example")
        ),
        *((LOCAL, host, False) for host in ("evil.example@localhost", "localhost/evil.example")),
        *((LOCAL, host, False) for host in ("localhost?x", "localhost#x", "localhost\\x")),
        *((LOCAL, host, False) for host in ("[::1].evil.example", "localhost:x", "localhost:1:2")),
        *((LOCAL, host, False) for host in ("::1", "[localhost]", "localhost:123456")),
        *((LOCAL, host, False) for host in ("localhost.evil.example", "a b", "[::1", "8.8.8.8")),
        *((PUBLIC, host, True) for host in ("news.example", "news.example:1", "web.internal:8075")),
        *((PUBLIC, host, True) for host in ("NEWS.example.", "10.0.0.1:8075", "[fd00::1]:8075")),
        *((PUBLIC, host, False) for host in ("evil.example", "", "news.example.evil.example")),
    ],
)
def test_known_hosts(policy: HostPolicy, host: str, *, known: bool) -> None:
    assert policy.is_known(host) == known


def test_unknown_host_gets_421_on_loopback(sessions: Sessions) -> None:
    with serving(sessions) as site:
        rejected = site.get("/v1/stories", headers={"Host": "evil.example"})
        assert (rejected.status, rejected.json["type"]) == (
            421,
            "urn:samestory:problem:unknown-host",
        )
        assert "evil.example" in rejected.json["detail"]
        assert site.get("/healthz", headers={"Host": "evil.example"}).status == 200
        assert site.get(FEED).json["feed_url"].startswith(site.url)


def test_links_start_with_the_site(sessions: Sessions) -> None:
    with serving(sessions, site="https://news.example") as site:
        feed = site.get(FEED, headers={"Host": "news.example"})
        assert feed.json["feed_url"] == f"https://news.example{FEED}"
        assert feed.headers["strict-transport-security"] == "max-age=31536000"
        local = site.get(FEED)
        assert local.json["feed_url"].startswith("http://127.0.0.1:")
        assert "strict-transport-security" not in local.headers


def test_search_page_rejects_unknown_parameters(sessions: Sessions) -> None:
    with serving(sessions) as site:
        assert site.page("/search?q=ferry").status == 200
        rejected = site.page("/search?q=ferry&colour=red")
        assert rejected.status == 422
        assert "Unknown parameter colour" in rejected.text
