"""Filters by names and words, more or less of each story, its parts, outlets' figures."""

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
from tests.support.content.texts import MEETING, MERGED, STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over an empty store."""
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
def test_stories_are_found_by_names_words_and_origin(
    world: Site, query: str, expected: list[str]
) -> None:
    assert ids(world, query) == expected


def test_the_fastest_come_first_and_their_pages_fit_together(
    sessions: Sessions, site: Site
) -> None:
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
    assert len(ids(site, "?sort=fastest&as_of=2999-01-01")) == 0  # nothing wrote versions here


def test_fields_narrow_and_include_widens_what_is_told(world: Site) -> None:
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
def test_unknown_fields_are_refused_by_name(world: Site, query: str) -> None:
    answer = world.get(f"/v1/stories?{query}")
    assert answer.status == 422
    assert f"query.{query.partition('=')[0]}" in answer.json["detail"]


def test_thousands_of_words_are_refused(world: Site) -> None:
    query = "&".join(f"keyword=w{number}" for number in range(3000))
    answer = world.get(f"/v1/stories?{query}")
    assert answer.status == 422
    assert "at most 20" in answer.json["detail"]


def paged(site: Site, path: str) -> list[dict[str, Any]]:
    """All items of a list, four at a time."""
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(20):
        page = site.get(f"{path}?limit=4{cursor}").json
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
    raise AssertionError("pages without an end")


def test_the_parts_of_a_story_are_those_of_the_whole(world: Site) -> None:
    path = f"/v1/stories/{MEETING}"
    whole = world.get(path).json
    assert paged(world, f"{path}/articles") == whole["members"]
    assert paged(world, f"{path}/timeline") == whole["timeline"]
    related = world.get(f"{path}/related").json
    assert related["storyline"] == whole["related"]
    assert related["split_into"] == whole["split_into"]
    assert all(world.get(link).status == 200 for link in whole["links"].values())


def test_pages_of_a_timeline_are_right_while_the_story_changes(
    sessions: Sessions, site: Site
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(f"o{number}") for number in range(6)]
        at = [NOW + timedelta(minutes=number) for number in range(6)]
        told = [rows.article(each, "x", at=when) for each, when in zip(outlets, at, strict=True)]
        alone = rows.story("other", told[4:5])
        rows.story("ferry", [told[0], told[2], told[3], told[5]])
        here, other, late = told[2].id, alone.id, told[4].id
    first = site.get("/v1/stories/ferry/timeline?limit=2").json
    assert [each["coverage"] for each in first["items"]] == [1, 2]
    with sessions.begin() as session:
        # The report at which the cursor stands leaves, and one of later on comes.
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


def test_of_many_related_stories_a_hundred_are_told(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.storyline("saga", "A saga")
        quay = rows.outlet("quay")
        rows.story("whole", [rows.article(quay, "whole")], storyline_id="saga")
        for number in range(103):
            made = {"storyline_id": "saga", "split_from": "whole"}
            rows.story(f"part{number:03}", [rows.article(quay, f"part {number}")], **made)
    related = site.get("/v1/stories/whole/related").json
    assert (len(related["storyline"]), len(related["split_into"])) == (99, 100)  # and itself
    assert related["split_into"][0] == "part000"
    assert site.get("/v1/stories/whole/related?limit=3").status == 422


def test_evidence_says_why_each_article_is_there(world: Site) -> None:
    found = paged(world, f"/v1/stories/{MEETING}/evidence")
    members = world.get(f"/v1/stories/{MEETING}").json["members"]
    assert [each["article"] for each in found] == [each["id"] for each in members]
    assert found[0]["nearest"] == []
    nearest = found[1]["nearest"][0]
    assert nearest["article"] == members[0]["id"]
    weights = [abs(share["log_odds"]) for share in nearest["shares"]]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("part", ["articles", "timeline", "related", "evidence"])
def test_parts_of_merged_stories_lead_on_and_of_unknown_ones_are_problems(
    world: Site, part: str
) -> None:
    gone = world.get(f"/v1/stories/{MERGED}/{part}?as_of=2999-01-01")
    assert gone.status == 404  # nothing wrote versions here
    gone = world.get(f"/v1/stories/{MERGED}/{part}?")
    assert (gone.status, gone.headers["location"]) == (308, f"/v1/stories/{MEETING}/{part}")
    assert world.get(f"/v1/stories/nobody/{part}").status == 404
    assert world.get(f"/v1/stories/{quote(chr(0))}/{part}").status == 422


def test_an_outlet_has_figures_of_its_last_thirty_days(sessions: Sessions, site: Site) -> None:
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


def test_storylines_can_be_listed(world: Site) -> None:
    listed = world.get("/v1/storylines").json
    assert [each["id"] for each in listed["items"]] == [STORYLINE]
    assert world.get(listed["items"][0]["url"]).status == 200
