"""Tests of `/v1/stories`: filters, orders, pages, one story and its history."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server with an empty database."""
    with serving(sessions) as running:
        yield running


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A shared server with the example data; tests must not change it."""
    with serving_world(new_database()) as running:
        yield running


def ids(site: Site, query: str = "") -> list[str]:
    """The ids of a list of stories."""
    return [story["id"] for story in site.get(f"/v1/stories{query}").json["items"]]


def test_empty_database_returns_empty_list(site: Site) -> None:
    response = site.get("/v1/stories")
    assert (response.status, response.json) == (200, {"items": [], "next": None})


def test_listed_story_has_coverage_outlets_and_languages(world: Site) -> None:
    story = next(each for each in world.get("/v1/stories").json["items"] if each["id"] == MEETING)
    assert story["coverage"] == 10
    assert story["independent"] == 7
    assert story["articles"] == 11
    assert story["outlets"][0] == {"slug": "volga-wire", "name": "Volga Wire"}
    assert story["languages"] == ["en", "ru", "ar", "tr", "fa", "de"]
    assert story["first_reported_at"] == "2023-04-25T11:20:00Z"
    assert story["last_reported_at"] == "2023-04-25T20:40:00Z"
    assert story["storyline"]["id"] == STORYLINE
    assert story["headline_article"]["outlet"]["slug"] == "volga-wire"
    assert story["links"]["self"] == f"/v1/stories/{MEETING}"


def test_merged_and_empty_stories_are_not_listed(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        survivor = rows.story("survivor", [rows.article(rows.outlet("one"), "A")])
        rows.story("empty")
        rows.story("gone", [], state="merged", merged_into=survivor.id)
    assert ids(site) == ["survivor"]


def test_rank_weighs_coverage_against_age_and_penalises_single_outlets(
    sessions: Sessions, site: Site
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(f"o{number}") for number in range(8)]
        spread = [("new", 2, 0), ("wide", 4, 11), ("late", 4, 13), ("old", 8, 22), ("alone", 1, 1)]
        for name, size, hours in spread:
            at = NOW - timedelta(hours=hours)
            rows.story(name, [rows.article(outlet, name, at=at) for outlet in outlets[:size]])
    assert ids(site) == ["old", "wide", "new", "late", "alone"]
    assert ids(site, "?sort=newest") == ["new", "alone", "wide", "late", "old"]
    assert ids(site, "?sort=largest") == ["old", "wide", "late", "new", "alone"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?outlet=alborz&sort=newest", [MEETING, "moscow-2023-04-04"]),
        ("?language=fr", ["moscow-2023-05-10"]),
        ("?language=RU", [MEETING]),
        ("?min_coverage=10", [MEETING]),
        ("?min_independent=7", [MEETING]),
        ("?min_independent=8", []),
        ("?state=closed", [MEETING]),
        (f"?storyline={STORYLINE}&state=open&until=2023-01-01", ["moscow-2022-12-28"]),
        ("?since=2023-05-11T04:00:00Z", ["ferry"]),
        ("?since=2023-05-11T07:00:00%2B03:00&until=2023-05-11T09:00:00", ["ferry"]),
        ("?keyword=nobody", []),
    ],
)
def test_filters_select_stories(world: Site, query: str, expected: list[str]) -> None:
    assert ids(world, query) == expected


@pytest.mark.parametrize("sort", ["rank", "newest", "largest"])
def test_pages_join_without_gaps(world: Site, sort: str) -> None:
    complete = ids(world, f"?sort={sort}")
    paged: list[str] = []
    cursor = ""
    while True:
        page = world.get(f"/v1/stories?sort={sort}&limit=3{cursor}").json
        paged += [story["id"] for story in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert paged == complete
    assert len(paged) == 8


def test_pages_are_stable_when_a_story_appears(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        fill(session)
    first = site.get("/v1/stories?sort=newest&limit=3").json
    rest = ids(site, "?sort=newest")[3:]
    with sessions.begin() as session:
        rows = Rows(session)
        at = NOW + timedelta(days=30)
        rows.story("newcomer", [rows.article(rows.outlet("late"), "Late", at=at)])
    assert ids(site, f"?sort=newest&cursor={first['next']}") == rest


def test_story_has_members_with_copies_and_evidence(world: Site) -> None:
    story = world.get(f"/v1/stories/{MEETING}").json
    members = story["members"]
    assert [member["outlet"]["country"] for member in members[:4]] == ["RU", "RU", "LB", "SY"]
    assert members[0]["evidence"] == {}
    assert members[0]["score"] is None
    assert members[2]["copy_of"] == members[0]["id"]
    assert members[1]["evidence"]["nearest"][0]["article"] == members[0]["id"]
    assert members[9]["date_flag"] == "missing"
    assert members[0]["excerpt"].startswith("Ministers and heads of intelligence")
    assert [point["coverage"] for point in story["timeline"]] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    assert [each["kind"] for each in story["transitions"]] == [
        "emerged", "grew", "grew", "grew", "closed",
    ]  # fmt: skip
    related = [other["id"] for other in story["related"]]
    assert related == ["moscow-2023-05-10", "moscow-2023-04-04", "moscow-2022-12-28"]


def test_undescribed_story_takes_headline_and_counts_from_members(
    sessions: Sessions, site: Site
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        one, two = rows.outlet("one", family="house"), rows.outlet("two", family="house")
        articles = [rows.article(one, "First"), rows.article(two, "Second")]
        blank = {"headline": "", "headline_article_id": None, "described_at": None, "slug": ""}
        rows.story("fresh", articles, articles=0, coverage=0, independent=0, **blank)
    story = site.get("/v1/stories/fresh").json
    assert story["headline"] == "First"
    assert (story["articles"], story["coverage"], story["independent"]) == (2, 2, 1)


def test_merged_story_redirects_to_its_survivor(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        fill(session)
        Rows(session).story("older", state="merged", merged_into=MERGED)
    for gone in (MERGED, "older"):
        response = site.get(f"/v1/stories/{gone}")
        assert (response.status, response.headers["location"]) == (308, f"/v1/stories/{MEETING}")


def test_transitions_are_paged(world: Site) -> None:
    path = f"/v1/stories/{MEETING}/transitions"
    first = world.get(f"{path}?limit=2").json
    second = world.get(f"{path}?limit=4&cursor={first['next']}").json
    assert [each["kind"] for each in second["items"]] == ["grew", "grew", "closed"]
    assert second["next"] is None
    assert world.get("/v1/stories/nobody/transitions").status == 404
    last = world.get(f"/v1/stories/{MERGED}/transitions").json["items"][-1]
    assert (last["kind"], last["other_story"]) == ("merged", MEETING)


def test_unknown_story_returns_404_problem(world: Site) -> None:
    response = world.get("/v1/stories/nobody")
    assert response.status == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["type"] == "urn:samestory:problem:not-found"
    assert response.json["detail"] == "Story nobody not found. For a list, see: /v1/stories"


def cursor_of(*parts: object) -> str:
    """A well-formed cursor with these parts."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=101",
        "?limit=" + "9" * 5000,
        "?since=someday",
        "?since=0001-01-01T00:00:00%2B14:00",
        "?min_coverage=-1",
        "?min_coverage=99999999999999999999",
        "?sort=random",
        "?state=merged",
        "?outlet=%00",
        "?outlet=a%00b",
        "?outlet=" + "x" * 300,
        "?min_coverge=2",
        "?cursor=%00",
        "?cursor=!!!",
        "?cursor=%F0%9F%98%80",
        "?cursor=" + "A" * 2000,
        "?cursor=" + quote(cursor_of("stories/newest", "2023-01-01T00:00:00Z", "x")),
        "?cursor=" + quote(cursor_of("stories/rank", 464600.5, "a\x00b")),
        "?cursor=" + quote(cursor_of("stories/rank", 464600.5, "\ud800")),
        "?cursor=" + quote(cursor_of("stories/rank", 464600.5)),
        "?sort=largest&cursor="
        + quote(cursor_of("stories/largest", 10**30, "2023-01-01T00:00:00Z", "x")),
        "?cursor=" + quote(base64.urlsafe_b64encode(b"[" * 900).decode()),
    ],
)
def test_invalid_queries_return_422_with_a_reason(world: Site, query: str) -> None:
    response = world.get(f"/v1/stories{query}")
    assert response.status == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["detail"]


@pytest.mark.parametrize("story_id", ["%00", "a%00b", "%ED%A0%80", "%FF", "x" * 300, "%0A"])
def test_invalid_ids_return_404_or_422(world: Site, story_id: str) -> None:
    for path in (f"/v1/stories/{story_id}", f"/v1/stories/{story_id}/transitions"):
        assert world.get(path).status in {404, 422}
    assert world.page(f"/stories/{story_id}").status in {404, 422}


def test_filter_values_are_not_interpreted_as_sql(world: Site) -> None:
    assert world.get("/v1/stories?outlet=" + quote("x' OR '1'='1")).status == 422
    assert ids(world, "?entity=" + quote("en'); DROP TABLE stories; --")) == []
    assert len(ids(world)) == 8
