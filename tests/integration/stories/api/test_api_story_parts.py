"""Tests of text filters, `fields` and `include`, parts of a story, and outlet statistics."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.domain.stories.description import Details
from service.domain.stories.pace import Pace
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.store.tables import MembershipRow
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A shared server with the example data; tests must not change it."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server with an empty database."""
    with serving(sessions) as running:
        yield running


def ids(site: Site, query: str = "") -> list[str]:
    """The ids of a list of stories."""
    return [story["id"] for story in site.get(f"/v1/stories{query}").json["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?entity=hulusi%20AKAR", [MEETING]),
        ("?entity=Moscow&entity=Ministry+of+Defence", [MEETING]),
        ("?entity=Moscow&entity=Nobody", []),
        ("?keyword=turkish+TROOPS&keyword=moscow", [MEETING]),
        ("?keyword=x%27)%3B--", []),
        ("?family=volga&state=closed", [MEETING]),
        ("?country=ir&country=fr&sort=newest", ["moscow-2023-05-10", MEETING, "moscow-2023-04-04"]),
        ("?language=fr&language=ru&sort=newest", ["moscow-2023-05-10", MEETING]),
        ("?changed_since=2023-05-11T04:00:00Z", ["ferry"]),
        ("?changed_since=2999-01-01", []),
    ],
)
def test_stories_are_filtered_by_entities_keywords_and_origin(
    world: Site, query: str, expected: list[str]
) -> None:
    assert ids(world, query) == expected


def test_fastest_order_and_its_pages(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("quay")
        for name, speed in [("slow", 0.5), ("fast", 4.0), ("even", 0.5), ("unknown", None)]:
            pace = Pace(1, speed, NOW, 1, NOW) if speed else None
            details = to_json(Details(pace=pace, entities=(Entity("Orlan", Kind.PLACE, 1),)))
            rows.story(name, [rows.article(outlet, name)], details=details)
    assert ids(site, "?sort=fastest") == ["fast", "slow", "even", "unknown"]
    first = site.get("/v1/stories?sort=fastest&limit=2").json
    assert ids(site, f"?sort=fastest&cursor={first['next']}") == ["even", "unknown"]
    assert (
        len(ids(site, "?sort=fastest&as_of=2999-01-01")) == 0
    )  # the fixture has no story versions


def test_fields_and_include_select_fields(world: Site) -> None:
    [story] = world.get("/v1/stories?outlet=phare&fields=id,coverage,outlets").json["items"]
    assert set(story) == {"id", "coverage", "outlets"}
    both = "/v1/stories?outlet=phare&fields=id&include=summary"
    assert set(world.get(both).json["items"][0]) == {"id", "summary"}
    query = f"?storyline={STORYLINE}&state=closed&include=summary,timeline"
    [story] = world.get(f"/v1/stories{query}").json["items"]
    assert len(story["summary"]) == 4
    assert story["timeline"][-1]["coverage"] == 10
    assert story["headline"]
    assert "entities" not in story
    one = world.get(f"/v1/stories/{MEETING}?fields=headline,%20members").json
    assert set(one) == {"headline", "members"}


@pytest.mark.parametrize(
    "query",
    ["fields=id,password", "include=everything", "fields=", "fields=" + "id," * 300, "fields=%00"],
)
def test_unknown_fields_return_422(world: Site, query: str) -> None:
    response = world.get(f"/v1/stories?{query}")
    assert response.status == 422
    assert f"query.{query.partition('=')[0]}" in response.json["detail"]


def test_too_many_keywords_return_422(world: Site) -> None:
    query = "&".join(f"keyword=w{number}" for number in range(3000))
    response = world.get(f"/v1/stories?{query}")
    assert response.status == 422
    assert "at most 20" in response.json["detail"]


def paged(site: Site, path: str) -> list[dict[str, Any]]:
    """All items of a list, four per page."""
    items: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(20):
        page = site.get(f"{path}?limit=4{cursor}").json
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"
    raise AssertionError("pages without an end")


def test_parts_equal_the_fields_of_the_full_story(world: Site) -> None:
    path = f"/v1/stories/{MEETING}"
    story = world.get(path).json
    assert paged(world, f"{path}/articles") == story["members"]
    assert paged(world, f"{path}/timeline") == story["timeline"]
    related = world.get(f"{path}/related").json
    assert related["storyline"] == story["related"]
    assert related["split_into"] == story["split_into"]
    assert all(world.get(link).status == 200 for link in story["links"].values())


@pytest.mark.parametrize("part", ["articles", "timeline", "evidence"])
def test_cursor_of_another_story_or_filter_is_rejected(world: Site, part: str) -> None:
    cursor = world.get(f"/v1/stories/{MEETING}/{part}?limit=1").json["next"]
    assert world.get(f"/v1/stories/{MEETING}/{part}?limit=2&cursor={cursor}").status == 200
    another = next(each for each in ids(world) if each != MEETING)
    others = [f"{another}/{part}?cursor={cursor}"]
    if part == "articles":
        others.append(f"{MEETING}/articles?type=report&cursor={cursor}")
    for other in others:
        response = world.get(f"/v1/stories/{other}")
        assert (response.status, "start again" in response.text) == (422, True)


def test_timeline_pages_are_stable_while_the_story_changes(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(f"o{number}") for number in range(6)]
        at = [NOW + timedelta(minutes=number) for number in range(6)]
        reports = [rows.article(each, "x", at=when) for each, when in zip(outlets, at, strict=True)]
        alone = rows.story("other", reports[4:5])
        rows.story("ferry", [reports[0], reports[2], reports[3], reports[5]])
        here, other, late = reports[2].id, alone.id, reports[4].id
    first = site.get("/v1/stories/ferry/timeline?limit=2").json
    assert [each["coverage"] for each in first["items"]] == [1, 2]
    with sessions.begin() as session:
        # The report at the cursor leaves the story, and a later one joins.
        for article, leaves, comes in ((here, "ferry", other), (late, other, "ferry")):
            session.query(MembershipRow).filter_by(article_id=article, story_id=leaves).update(
                {"story_id": comes}
            )
    path = f"/v1/stories/ferry/timeline?limit=2&cursor={first['next']}"
    second = site.get(path).json
    assert [each["outlet"] for each in second["items"]] == ["o3", "o4"]
    assert [each["coverage"] for each in second["items"]] == [2, 3]
    third = site.get(f"/v1/stories/ferry/timeline?limit=2&cursor={second['next']}").json
    assert [(each["outlet"], each["coverage"]) for each in third["items"]] == [("o5", 4)]
    assert third["next"] is None
    for wrong in ("cursor=x", "limit=0", "limit=101", "page=2"):
        assert site.get(f"/v1/stories/ferry/timeline?{wrong}").status == 422, wrong
    assert site.get(path.replace("timeline", "articles")).status == 422


def test_related_stories_are_limited_to_a_hundred(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.storyline("saga", "A saga")
        quay = rows.outlet("quay")
        rows.story("whole", [rows.article(quay, "whole")], storyline_id="saga")
        for number in range(103):
            columns = {"storyline_id": "saga", "split_from": "whole"}
            rows.story(f"part{number:03}", [rows.article(quay, f"part {number}")], **columns)
    related = site.get("/v1/stories/whole/related").json
    assert (len(related["storyline"]), len(related["split_into"])) == (99, 100)  # and itself
    assert related["split_into"][0] == "part000"
    assert site.get("/v1/stories/whole/related?limit=3").status == 422


def test_evidence_lists_neighbours_by_weight(world: Site) -> None:
    evidence = paged(world, f"/v1/stories/{MEETING}/evidence")
    members = world.get(f"/v1/stories/{MEETING}").json["members"]
    assert [each["article"] for each in evidence] == [each["id"] for each in members]
    assert evidence[0]["nearest"] == []
    nearest = evidence[1]["nearest"][0]
    assert nearest["article"] == members[0]["id"]
    weights = [abs(each["log_odds"]) for each in nearest["contributions"]]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("part", ["articles", "timeline", "related", "evidence"])
def test_parts_of_merged_stories_redirect_and_of_unknown_stories_return_404(
    world: Site, part: str
) -> None:
    gone = world.get(f"/v1/stories/{MERGED}/{part}?as_of=2999-01-01")
    assert gone.status == 404  # the fixture has no story versions
    gone = world.get(f"/v1/stories/{MERGED}/{part}?")
    assert (gone.status, gone.headers["location"]) == (308, f"/v1/stories/{MEETING}/{part}")
    assert world.get(f"/v1/stories/nobody/{part}").status == 404
    assert world.get(f"/v1/stories/{quote(chr(0))}/{part}").status == 422


def test_outlet_stats_cover_the_last_thirty_days(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        quay, bay = rows.outlet("quay", "The Quay"), rows.outlet("bay")
        for name, lead in [("a", -30), ("b", 10), ("c", 20)]:
            at = NOW + timedelta(minutes=lead)
            mine, theirs = rows.article(quay, name, at=at), rows.article(bay, name)
            if name == "c":
                rows.copy(mine, theirs)
            rows.story(name, [mine, theirs])
        rows.story("alone", [rows.article(quay, "alone")])
        rows.story("old", [rows.article(quay, "old", at=NOW - timedelta(days=60))])
        rows.outlet("silent")
    stats = site.get("/v1/outlets/quay").json["stats"]
    assert (stats["articles"], stats["copies"], stats["independent_rate"]) == (4, 1, 0.75)
    assert (stats["stories"], stats["shared_stories"], stats["first_reports"]) == (4, 3, 1)
    assert stats["first_report_rate"] == pytest.approx(1 / 3)
    assert stats["median_delay_seconds"] == 600
    assert site.get("/v1/outlets/silent").json["stats"] is None
    assert site.get("/v1/outlets/nobody").status == 404


def test_storylines_are_listed(world: Site) -> None:
    listed = world.get("/v1/storylines").json
    assert [each["id"] for each in listed["items"]] == [STORYLINE]
    assert world.get(listed["items"][0]["url"]).status == 200
