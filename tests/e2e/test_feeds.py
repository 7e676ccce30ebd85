"""`samestory feeds` against a feed server on loopback."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.ingest.opml import read_opml
from tests.e2e.conftest import Shell
from tests.support.servers.feed_server import RSS, FeedServer, hang, redirect, reply

PAGE = (
    b"<!doctype html><html><head><link rel=alternate type=application/rss+xml "
    b"href=/rss title=News></head><body>Hello</body></html>"
)
Feeds = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.routes |= {
            "/rss": reply(RSS, content_type="application/rss+xml"),
            "/page": reply(PAGE, content_type="text/html"),
            "/bare": reply(b"<html><body>Nothing here</body></html>", content_type="text/html"),
            "/moved": redirect("/rss", "301 Moved Permanently"),
            "/hangs": hang(),
            "/broken": reply(b"", status="500 Internal Server Error"),
        }
        yield server


@pytest.fixture(scope="module")
def feeds(migrated_shell: Shell) -> Feeds:
    env = {
        "SAMESTORY_FETCH__ALLOW_NETWORKS": "127.0.0.0/8",
        "SAMESTORY_FETCH__TIMEOUT_SECONDS": "2",
        "SAMESTORY_FETCH__HOST_DELAY_SECONDS": "0",
    }
    return lambda *arguments: migrated_shell.call("feeds", *arguments, env=env)


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="samestory-feeds-"))
    yield path
    shutil.rmtree(path)


def opml(path: Path, *urls: str) -> str:
    outlines = "".join(f'<outline type="rss" text="F" xmlUrl="{url}"/>' for url in urls)
    path.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', encoding="utf-8")
    return str(path)


def test_check_prints_feed_details(feeds: Feeds, site: FeedServer):
    done = feeds("check", site.url("/moved"), "--json")
    assert done.returncode == 0
    details = json.loads(done.stdout)
    assert details["moved_to"] == details["final_url"] == site.url("/rss")
    assert (details["title"], details["entries"], details["dated"]) == ("Loopback", 1, 1)


@pytest.mark.parametrize(
    ("command", "path", "reason"),
    [
        ("check", "/page", "samestory feeds discover"),
        ("check", "/hangs", "within 2 s"),
        ("add", "/broken", "500"),
    ],
)
def test_invalid_feed_prints_reason_and_exits_with_1(
    feeds: Feeds, site: FeedServer, command: str, path: str, reason: str
):
    done = feeds(command, site.url(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_discover_lists_feeds_of_page(feeds: Feeds, site: FeedServer):
    assert feeds("discover", site.url("/page")).stdout == f"{site.url('/rss')}\tNews\n"
    assert feeds("discover", site.url("/rss")).stdout == f"{site.url('/rss')}\tLoopback\n"
    found = json.loads(feeds("discover", site.url("/bare"), "--json").stdout)
    assert found == [{"url": site.url("/rss"), "title": "Loopback", "guess": True}]
    # The server does not speak TLS, so http:// follows https://.
    bare_host = site.url("/page").removeprefix("http://")
    assert feeds("discover", bare_host).stdout == f"{site.url('/rss')}\tNews\n"


def test_add_list_export_and_import_feeds(feeds: Feeds, site: FeedServer, folder: Path):
    assert feeds("add", site.url("/moved")).stdout == f"added: {site.url('/rss')} (Loopback)\n"
    assert feeds("add", site.url("/rss")).stdout.startswith("already exists: ")
    listed = opml(folder / "in.opml", site.url("/rss"), "https://other.example/feed", "ftp://x/y")
    done = feeds("import", listed)
    assert done.stdout == "1 feeds added, 1 already exist\n"
    assert "in.opml, line 1: 'ftp://x/y' is not an http(s) URL" in done.stderr
    rows = json.loads(feeds("list", "--json").stdout)
    assert {row["url"]: row["outlet"] for row in rows} == {
        site.url("/rss"): "outlet.example",
        "https://other.example/feed": "other.example",
    }
    assert {row["status"] for row in rows} == {"active"}
    assert feeds("export", str(folder / "out.opml")).returncode == 0
    written = (folder / "out.opml").read_bytes()
    assert {feed.url for feed in read_opml(written, name="out").feeds} == {r["url"] for r in rows}


def test_set_changes_status_and_overrides(feeds: Feeds, site: FeedServer):
    feeds("add", site.url("/rss"))
    options = ("--charset", "windows-1251", "--interval", "15", "--status", "paused")
    done = feeds("set", site.url("/rss"), *options)
    assert done.stdout == (
        f"paused: {site.url('/rss')}\ncharset=cp1251, interval_minutes=15.0: {site.url('/rss')}\n"
    )
    assert feeds("set", site.url("/rss"), "--interval", "0").stdout.startswith(
        "interval_minutes=default: "
    )
    rows = {row["url"]: row for row in json.loads(feeds("list", "--json").stdout)}
    assert rows[site.url("/rss")]["overrides"] == {"charset": "cp1251"}
    for arguments, reason in [
        ((), "Nothing to change"),
        (("--charset", "x-none"), "Unknown charset 'x-none'"),
    ]:
        done = feeds("set", site.url("/rss"), *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert reason in done.stderr


def test_export_survives_a_round_trip(feeds: Feeds, folder: Path):
    listed = folder / "in.opml"
    listed.write_text(
        '<opml xmlns:s="urn:samestory:opml"><body><outline text="World"><outline text="S&P" '
        'xmlUrl="https://round.example/feed" htmlUrl="https://round.example/" language="en" '
        'category="/A/B,c" s:status="retired"/></outline></body></opml>',
        encoding="utf-8",
    )
    feeds("import", str(listed))
    feeds("export", str(folder / "out.opml"))
    [before] = read_opml(listed.read_bytes(), name="in").feeds
    after = read_opml((folder / "out.opml").read_bytes(), name="out").feeds
    assert before in after
    assert (before.status, before.folders) == ("retired", ("World",))


def test_unusable_files_print_one_line(feeds: Feeds, folder: Path):
    page = folder / "page.html"
    page.write_text("<html></html>", encoding="utf-8")
    for arguments, reason in [
        (("import", str(page)), "not OPML"),
        (("import", opml(folder / "empty.opml")), "contains no feeds"),
        (("export", str(folder / "no" / "where.opml")), "Cannot write"),
    ]:
        done = feeds(*arguments)
        assert done.returncode == 1
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1
