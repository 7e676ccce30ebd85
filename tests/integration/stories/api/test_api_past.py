"""Tests of past states (`as_of`) in the API and pages."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, text

from jobs.describe import describe
from jobs.embed import embed
from jobs.place import place
from jobs.running.context import Context
from service.domain.stories.filters import Sort
from service.store.editing import actions
from tests.integration.api.test_sql_statements import record_statements
from tests.integration.conftest import Clock
from tests.support.content.admitted_reports import Wire, report
from tests.support.database.editor import decide
from tests.support.servers.site import Site, serving


@pytest.fixture
def site(context: Context, clock: Clock) -> Iterator[Site]:
    with serving(context.sessions, clock=clock) as running:
        yield running


@pytest.fixture
def timestamps(context: Context, clock: Clock) -> list[datetime]:
    """Timestamps after each of four hourly reports of one event was described."""
    wire, timestamps = Wire(context), []
    for outlet in range(4):
        wire.publish(outlet, [("x", report(0, outlet))], clock.now)
        for job in (embed, place, describe):
            clock.advance(minutes=1)
            job(context)
        timestamps.append(clock.now)
        clock.advance(hours=1)
    return timestamps


def stories(site: Site, at: datetime) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = site.get(f"/v1/stories?as_of={quote(at.isoformat())}").json[
        "items"
    ]
    return listed


def test_as_of_returns_each_past_state(site: Site, timestamps: list[datetime], clock: Clock):
    assert [stories(site, at)[0]["articles"] for at in timestamps] == [1, 2, 3, 4]
    [now] = site.get("/v1/stories").json["items"]
    assert stories(site, clock.now) == [now]
    for count, at in enumerate(timestamps, start=1):
        path = f"/v1/stories/{now['id']}?as_of={quote(at.isoformat())}"
        story = site.get(path).json
        assert len(story["members"]) == len(story["timeline"]) == count
        assert len(story["transitions"]) == count
        assert story["headline"]
        feed = site.get(path.replace("?", "/feed.json?")).json["items"]
        assert {each["title"] for each in feed} == {each["title"] for each in story["members"]}
    for part in ("", "/articles", "/timeline", "/transitions", "/related", "/evidence"):
        early = site.get(f"/v1/stories/{now['id']}{part}?as_of=2020-01-01")
        assert (early.status, "did not exist yet" in early.json["detail"]) == (404, True), part
    assert site.get("/v1/stories?as_of=2020-01-01").json["items"] == []
    assert site.get("/v1/stories?as_of=2999-01-01").json["items"] == [now]
    history = f"/v1/stories/{now['id']}/transitions?as_of={quote(timestamps[1].isoformat())}"
    assert len(site.get(history).json["items"]) == 2


@pytest.mark.parametrize("value", ["someday", "", "0001-01-01T00:00:00%2B14:00", "%00"])
def test_invalid_as_of_returns_422(site: Site, value: str):
    assert site.get(f"/v1/stories?as_of={value}").status == 422
    assert site.get(f"/v1/stories/x?as_of={value}").status in {404, 422}


def test_pages_keep_as_of_in_links(site: Site, timestamps: list[datetime]):
    at = quote(f"{timestamps[1]:%Y-%m-%dT%H:%M}")
    front = site.page(f"/?as_of={at}").text
    assert "State at" in front
    link = front.split('<h2 lang="en" dir="ltr"><a href="')[1].split('"')[0]
    assert "as_of=" in link
    page = site.page(link).text
    assert "State at" in page
    assert "Show the current state" in page
    feeds = re.findall(r'href="([^"]*/feed\.\w+[^"]*)"', page)
    assert feeds
    assert all("as_of=" in each for each in feeds)
    assert site.page(f"/?as_of={at}&min_independent=").status == 200
    assert "State at" not in site.page("/").text


def test_merged_story_is_served_at_instants_before_the_merger(
    site: Site, context: Context, clock: Clock, timestamps: list[datetime]
):
    del timestamps
    Wire(context).publish(0, [("y", report(1, 7))], clock.now)
    embed(context)
    place(context)
    clock.advance(minutes=1)
    before = quote(clock.now.isoformat())
    one, other = [story["id"] for story in site.get("/v1/stories?sort=largest").json["items"]]
    clock.advance(minutes=1)
    decide(
        context.sessions,
        clock.now,
        lambda session, action: actions.merge(session, action, [one, other]),
    )
    clock.advance(minutes=1)
    after = clock.now.isoformat().replace("+00:00", "Z")
    assert site.get(f"/v1/stories/{other}?as_of={before}").json["articles"] == 1
    for path in ("/v1/stories/", "/stories/"):
        gone = site.get(f"{path}{other}?as_of={after}")
        assert gone.status == 308
        assert gone.headers["location"].startswith(f"{path}{one}?as_of={after}")


def test_as_of_lists_use_the_version_indexes(
    site: Site, engine: Engine, timestamps: list[datetime]
):
    for sort in Sort:
        with record_statements(engine) as statements:
            site.get(f"/v1/stories?sort={sort}&as_of={quote(timestamps[0].isoformat())}")
        [listing] = [each for each in statements if "FROM story_versions" in each[0]]
        with engine.connect() as connection:
            for how in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
                connection.execute(text(f"SET LOCAL {how} = off"))
            rows = connection.exec_driver_sql(f"EXPLAIN {listing[0]}", listing[1])
            plan = "\n".join(row[0] for row in rows)
        assert f"using ix_story_versions_{sort} on story_versions" in plan
        assert "Sort" not in plan
