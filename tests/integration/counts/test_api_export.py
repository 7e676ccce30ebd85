"""`/v1/export`: whole lists as JSON lines and CSV."""

import asyncio
import csv
import http.client
import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from samestory_client import ApiRefusedError, Client
from sqlalchemy import update

from service.settings import load as settings_module
from service.store.catalogue.views import OutletFilter, OutletView, list_outlets
from service.store.database import schema
from service.store.database.paging import Page, Position
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.tables import ArticleRow
from service.web.api.export.formats import csv_encoder
from service.web.api.export.streaming import read_pages
from service.web.middleware.concurrency import ConcurrencyLimits
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, STORYLINE, WORLD_NOW
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving

LISTS = ("stories", "articles", "outlets", "feeds", "storylines")


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """The sample stories, an article with a formula as title, a hidden story and article."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        rows = Rows(session)
        desk = rows.outlet("desk", country=None)
        rows.article(desk, '=HYPERLINK("https://evil.example")', text='Zeile\n eins, "zwei"')
        rows.article(desk, "Undated", published=None, claimed_date=None, date_flag="missing")
        rows.story("secret", [rows.article(desk, "Secret")])
        removed = rows.article(desk, "Removed")
        editor = EditorAction("ann", "", WORLD_NOW, WORLD_NOW)
        actions.mark_story(session, editor, "hide", "secret")
        actions.hide_article(session, editor, removed.id)
    with serving(sessions, clock=lambda: WORLD_NOW) as site:
        yield site
    engine.dispose()


def export(site: Site, path: str) -> list[Any]:
    response = site.get(f"/v1/export/{path}")
    assert response.status == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def table(site: Site, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(site.get(f"/v1/export/{path}").text, newline="")))


def listed(site: Site, path: str) -> list[Any]:
    page = site.get(f"/v1/{path}limit=100").json
    assert page["next"] is None
    items: list[Any] = page["items"]
    for each in items:
        each.pop("evidence", None)
    return items


@pytest.mark.parametrize("name", LISTS)
def test_export_equals_the_list(world: Site, name: str):
    assert export(world, name) == listed(world, f"{name}?") != []


@pytest.mark.parametrize(
    "path",
    [
        "articles?country=RU&copies=false&sort=oldest&",
        "articles?fields=story,id&",
        f"stories?min_independent=2&sort=newest&storyline={STORYLINE}&",
        "stories?fields=id&include=timeline,summary&",
        "outlets?sort=latest&fields=slug&",
        "feeds?failing=true&",
        "storylines?sort=newest&",
    ],
)
def test_filters_order_and_fields_are_those_of_the_list(world: Site, path: str):
    assert export(world, path.rstrip("&")) == listed(world, path) != []


def test_changes_are_exported_in_order(world: Site):
    changes = world.get("/v1/changes?limit=100").json["items"]
    assert export(world, "changes") == changes
    since = changes[2]["id"]
    assert export(world, f"changes?since={since}&limit=2") == changes[3:5]
    beyond = world.get("/v1/export/changes?since=999999")
    assert (beyond.status, "the latest change is" in beyond.text) == (422, True)


def test_pages_of_an_export_join(sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        for number in range(7):
            rows.outlet(f"outlet{number}")
    expected = [f"outlet{number}" for number in range(7)]
    with sessions() as session:

        def load(after: Position | None, limit: int) -> Page[OutletView]:
            return list_outlets(session, OutletFilter(), after=after, limit=limit)

        for limit in (None, 1, 2, 3, 6, 7, 8):
            pages = [[each.slug for each in page] for page in read_pages(load, limit, page_size=2)]
            assert [slug for page in pages for slug in page] == expected[:limit]
            assert max(map(len, pages)) <= 2


def test_limit_ends_an_export(world: Site):
    expected = export(world, "stories?sort=largest")
    assert export(world, "stories?sort=largest&limit=3") == expected[:3]
    assert export(world, "articles?limit=3") == export(world, "articles")[:3]


def test_storyline_in_order_with_all_articles_as_csv(world: Site):
    rows = table(world, f"articles?storyline={STORYLINE}&sort=oldest&format=csv")
    articles = listed(world, f"articles?storyline={STORYLINE}&sort=oldest&")
    assert [row["id"] for row in rows] == [str(each["id"]) for each in articles]
    assert [row["outlet.name"] for row in rows] == [each["outlet"]["name"] for each in articles]
    assert [row["story.headline"] for row in rows] == [
        each["story"]["headline"] for each in articles
    ]
    assert {row["story.id"] for row in rows} >= {MEETING}


def test_csv_has_every_field(world: Site):
    for name in LISTS:
        rows = table(world, f"{name}?format=csv")
        assert len(rows) == len(export(world, name))
        top = {column.partition(".")[0] for column in rows[0]}
        assert top == set(export(world, f"{name}?limit=1")[0])
    [story] = [row for row in table(world, "stories?format=csv") if row["id"] == MEETING]
    assert story["keywords"].startswith("Moscow; Turkish troops")
    assert json.loads(story["outlets"])[0]["slug"] == "volga-wire"
    assert story["pinned"] == "false"
    assert story["pace.articles_per_hour"]


@pytest.mark.parametrize("cell", ["\uff1dA1", "\uff0bA1", "\uff20A1", " =A1", ";=A1", "\u3000-A1"])
def test_csv_guards_formulas_after_separators_and_in_full_width(cell: str):
    assert csv_encoder([("title",)])([{"title": cell}]).decode().lstrip('"').startswith("'")


def test_csv_cells_are_no_formulas(world: Site):
    rows = table(world, "articles?outlet=desk&format=csv")
    titles = {row["title"]: row for row in rows}
    assert '\'=HYPERLINK("https://evil.example")' in titles
    assert titles["Undated"]["published"] == ""
    assert titles["Undated"]["outlet.country"] == ""


def test_responses_are_files(world: Site):
    response = world.get("/v1/export/outlets?format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="outlets.csv"'
    assert response.headers["cache-control"] == "no-cache"
    head = world.get("/v1/export/articles", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"].startswith("application/jsonl")


@pytest.mark.parametrize("query", ["format=xml", "limit=0", "cursor=x", "fields=evidence"])
def test_invalid_parameters_are_rejected(world: Site, query: str):
    response = world.get(f"/v1/export/articles?{query}")
    assert response.status == 422
    assert response.json["errors"][0]["location"] == f"query.{query.partition('=')[0]}"


def slow_connection(site: Site) -> http.client.HTTPConnection:
    """A connection whose small buffer makes the server wait until the client reads."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port)
    connection.sock = socket.socket()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sock.settimeout(30)
    connection.sock.connect(("127.0.0.1", site.port))
    return connection


@pytest.fixture(scope="module")
def large_list(new_database: Callable[[], str]) -> Iterator[tuple[Sessions, Site]]:
    """2,000 articles: more than the buffers of a slow connection hold."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("desk")
        for number in range(2000):
            rows.article(outlet, f"{number} {'long ' * 200}")
    with serving(sessions) as site:
        yield sessions, site
    engine.dispose()


def test_number_of_exports_of_a_client_is_limited(large_list: tuple[Sessions, Site]):
    _, site = large_list
    slots = settings_module.load({}).web.max_exports_per_client
    with ExitStack() as stack:
        for _ in range(slots):
            connection = slow_connection(site)
            stack.callback(connection.close)
            connection.request("GET", "/v1/export/articles")
            assert connection.getresponse().read(10)
        refused = site.get("/v1/export/outlets")
        assert refused.status == 429
        assert refused.headers["retry-after"]
        assert "at most 2 per client" in refused.json["detail"]
        stack.close()
        assert any(site.get("/v1/export/outlets").status == 200 for _ in range(200))


def test_export_shows_one_snapshot(large_list: tuple[Sessions, Site]):
    """Articles that change while an export is read are in it as they were at its start."""
    sessions, site = large_list
    connection = slow_connection(site)
    connection.request("GET", "/v1/export/articles?sort=oldest")
    response = connection.getresponse()
    start = response.read(1000)
    with sessions.begin() as session:
        session.execute(update(ArticleRow).values(title="changed"))
    lines = (start + response.read()).splitlines()
    connection.close()
    assert len(lines) == 2000
    assert not any(b"changed" in line for line in lines)
    assert b"changed" in site.get("/v1/export/articles?limit=1").body


def test_next_export_waits_until_a_slot_is_free():
    limits = ConcurrencyLimits(replace(settings_module.load({}).web, max_concurrent_exports=1))
    finished: list[int] = []

    async def export(number: int) -> None:
        async with limits.run_export("desk"):
            await asyncio.sleep(0)
            finished.append(number)

    async def run() -> None:
        await asyncio.gather(*map(export, range(5)))

    asyncio.run(run())
    assert finished == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("exports", "client", "status"),
    [
        (["desk", "desk"], "desk", 429),
        (["desk", "desk"], "other", 200),
        (["desk", "desk", "other"], "third", 503),
    ],
)
def test_slow_client_leaves_exports_for_others(exports: list[str], client: str, status: int):
    web = replace(settings_module.load({}).web, max_concurrent_exports=3, max_exports_per_client=2)
    limits = ConcurrencyLimits(web, export_wait=0.01)

    async def status_of_next() -> int:
        async with AsyncExitStack() as running:
            for each in exports:
                await running.enter_async_context(limits.run_export(each))
            try:
                async with limits.run_export(client):
                    return 200
            except HTTPException as refused:
                return refused.status_code

    async def statuses() -> list[int]:
        return [await status_of_next() for _ in range(2)]

    assert asyncio.run(statuses()) == [status, status]  # each export leaves its slot


def test_client_streams_exports(world: Site, tmp_path: Path):
    with Client(world.url) as client:
        articles = list(client.export("articles", country=["RU"], sort="oldest"))
        assert articles == listed(world, "articles?country=RU&sort=oldest&")
        client.export_file("outlets", str(tmp_path / "outlets.csv"), "csv", fields="slug,name")
        assert list(client.stories(outlet=None, include=None, limit=1))
        assert list(client.articles(id=None, outlet=None, limit=1))
        with pytest.raises(ApiRefusedError, match="format"):
            client.export_file("outlets", tmp_path / "none", "xml")  # type: ignore[arg-type]
    text = (tmp_path / "outlets.csv").read_text(encoding="utf-8")
    assert text.startswith("slug,name\nalborz,Alborz Daily\n")
