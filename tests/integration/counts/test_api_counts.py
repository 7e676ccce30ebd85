"""`/v1/counts`, totals and facets, compared with the lists of stories and articles."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from samestory_client import Client
from sqlalchemy import select

from service.domain.counts.dimensions import Dimension
from service.domain.queries.conditions import Query
from service.store.counts.totals import count_rows
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.stories.versions import record_versions
from service.store.story_views.views import list_stories, select_story_ids
from service.store.tables import StoryRow
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, STORYLINE, WORLD_NOW
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

#: Contains all sample articles.
PERIOD = "since=2022-12-01&until=2023-06-01"
#: Start of the versions of all stories, and a later time.
VERSIONS_AT, AS_OF = datetime(2023, 5, 11, 7, tzinfo=UTC), "2023-05-11T07:30"


@pytest.fixture(scope="module")
def sessions_of_world(new_database: Callable[[], str]) -> Iterator[Sessions]:
    """The sample stories, a hidden article and story, a live page, and a day without a time."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        rows = Rows(session)
        late = rows.outlet("late", country="FR", language="fr-CA")
        early = rows.outlet("early", family="late", country=None)
        report = rows.article(early, "Dyke breaks", at=NOW)
        vague = rows.article(late, "Digue rompue", at=NOW - timedelta(hours=3))
        vague.date_precision = "day"
        rows.story("dyke", [vague, report])
        opened = rows.article(
            rows.outlet("boats"), "Boat race - live", at=NOW - timedelta(hours=3), type="live"
        )
        rows.story("race", [opened, rows.article(early, "Crews finish level", at=NOW)])
        rows.article(late, "In no story", at=NOW)
        rows.story("secret", [rows.article(late, "Secret", at=NOW)])
        removed = rows.article(late, "Removed", at=NOW)
        rows.story("kept", [rows.article(early, "Kept", at=NOW), removed])
        session.flush()
        record_versions(session, session.scalars(select(StoryRow.id)), at=VERSIONS_AT)
        editor = EditorAction("ann", "", WORLD_NOW, WORLD_NOW)
        actions.mark_story(session, editor, "hide", "secret")
        actions.hide_article(session, editor, removed.id)
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def world(sessions_of_world: Sessions) -> Iterator[Site]:
    with serving(sessions_of_world, clock=lambda: WORLD_NOW) as site:
        yield site


def items(site: Site, path: str) -> list[dict[str, Any]]:
    """All items of a list."""
    page = site.get(f"{path}&limit=100").json
    assert page["next"] is None
    listed: list[dict[str, Any]] = page["items"]
    return listed


def articles(site: Site, filters: str = "") -> list[dict[str, Any]]:
    return items(site, f"/v1/articles?{PERIOD}&{filters}")


def counted(response: dict[str, Any], dimension: str) -> dict[str | None, int]:
    return {each[dimension]["value"]: each["count"] for each in response["items"]}


#: Value of each dimension of an article of the list.
VALUES: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "outlet": lambda article: article["outlet"]["slug"],
    "family": lambda article: article["outlet"]["family"],
    "country": lambda article: article["outlet"]["country"],
    "language": lambda article: article["language"].partition("-")[0],
    "type": lambda article: article["type"],
}


@pytest.mark.parametrize("dimension", VALUES)
@pytest.mark.parametrize(
    "filters", ["", "country=RU&country=FR", "copies=false", "language=fr", f"story={MEETING}"]
)
def test_counts_equal_the_lists(world: Site, dimension: str, filters: str):
    listed = articles(world, filters)
    value_of = VALUES[dimension]
    response = world.get(f"/v1/counts?{PERIOD}&by={dimension}&{filters}").json
    assert counted(response, dimension) == Counter(map(value_of, listed))
    assert response["total"] == len(listed) > 0
    stories = world.get(f"/v1/counts?{PERIOD}&of=stories&by={dimension}&{filters}").json
    pairs = {(value_of(each), each["story"]["id"]) for each in listed if each["story"]}
    assert counted(stories, dimension) == Counter(value for value, _ in pairs)
    assert stories["total"] == len({story for _, story in pairs})
    facets = world.get(f"/v1/articles?{PERIOD}&facets={dimension}&total=true&{filters}").json
    [facet] = facets["facets"]
    assert {each["value"]: each["count"] for each in facet["values"]} == counted(
        response, dimension
    )
    assert facets["total"] == {"count": len(listed), "exact": True}
    assert facet["exact"] is True


@pytest.mark.parametrize(
    "filters",
    [
        "min_independent=3",
        "entity=moscow",
        f"storyline={STORYLINE}",
        "state=closed",
        f"as_of={AS_OF}",
    ],
)
def test_story_filters_apply_to_counts(world: Site, filters: str):
    stories = items(world, f"/v1/stories?{filters}")
    response = world.get(f"/v1/counts?{PERIOD}&of=stories&{filters}").json
    assert response["total"] == len(stories) > 0
    assert response["items"] == []
    reports = world.get(f"/v1/counts?{PERIOD}&{filters}&by=outlet&min_coverage=1").json
    assert reports["total"] == sum(each["articles"] for each in stories)


def test_first_reports_equal_the_first_reporters_of_stories(
    world: Site, sessions_of_world: Sessions
):
    with sessions_of_world() as session:
        stories = list_stories(session, Query(), limit=100).items
    firsts = [each.first_reporters for each in stories]
    certain = Counter(first.outlets[0] for first in firsts if first.certain)
    assert 0 < certain.total() < len(stories)
    for as_of in ("", f"&as_of={AS_OF}"):
        response = world.get(f"/v1/counts?{PERIOD}&of=first_reports&by=outlet{as_of}").json
        assert counted(response, "outlet") == certain
        assert response["total"] == certain.total()


def test_live_page_is_never_the_first_report(world: Site):
    [first] = articles(world, "first=true&story=race")
    assert first["title"] == "Crews finish level"
    assert items(world, "/v1/stories?q=first_outlet:boats") == []
    assert "race" in {each["id"] for each in items(world, "/v1/stories?q=first_outlet:early")}


def test_articles_of_first_reporters_are_the_counted_ones(world: Site):
    firsts = articles(world, "first=true")
    response = world.get(f"/v1/counts?{PERIOD}&of=first_reports&by=outlet").json
    assert Counter(each["outlet"]["slug"] for each in firsts) == counted(response, "outlet")
    assert all(each["story"] for each in firsts)
    pearl = articles(world, "first=true&outlet=pearl")
    assert [each["id"] for each in pearl] == [
        each["id"] for each in firsts if each["outlet"]["slug"] == "pearl"
    ]


def test_counts_per_day_and_country(world: Site):
    zone = ZoneInfo("Asia/Tokyo")
    expected = Counter(
        (
            datetime.fromisoformat(each["reported_at"]).astimezone(zone).date().isoformat(),
            each["outlet"]["country"],
        )
        for each in articles(world)
    )
    response = world.get(
        f"/v1/counts?{PERIOD}&interval=day&time_zone=Asia/Tokyo&by=country&limit=20"
    ).json
    assert {
        (each["start"][:10], each["country"]["value"]): each["count"] for each in response["items"]
    } == expected
    assert {each["start"][10:] for each in response["items"]} == {"T00:00:00+09:00"}
    names = {each["country"]["value"]: each["country"]["name"] for each in response["items"]}
    assert (names["GB"], names[None]) == ("United Kingdom", "Unknown")
    starts = [each["start"] for each in response["items"]]
    assert starts == sorted(starts)


def test_intervals_without_reports_have_the_count_0(world: Site):
    path = f"/v1/counts?since=2023-04-24&until=2023-05-01&interval=day&story={MEETING}"
    counts = [each["count"] for each in world.get(path).json["items"]]
    assert len(counts) == 7
    assert counts[0] == counts[-1] == 0
    assert sum(counts) == world.get(path).json["total"] == 11
    hours = world.get(f"{path}&interval=hour".replace("interval=day&", "")).json["items"]
    assert len(hours) == 7 * 24
    assert sum(each["count"] for each in hours) == 11


def test_period_ends_with_the_latest_report_by_default(world: Site):
    response = world.get("/v1/counts?interval=week").json
    latest = world.get("/v1/articles?limit=1&fields=reported_at").json["items"][0]["reported_at"]
    assert response["since"] < latest < response["until"]
    assert response["total"] == len(items(world, f"/v1/articles?since={response['since']}"))


def test_storylines_and_entities_have_names(world: Site):
    response = world.get(f"/v1/counts?{PERIOD}&of=stories&by=storyline").json
    assert response["items"][0]["storyline"]["value"] in {STORYLINE, None}
    names = {each["storyline"]["value"]: each["storyline"]["name"] for each in response["items"]}
    assert names == {STORYLINE: "Rapprochement of Ankara and Damascus", None: "None"}
    entities = world.get(f"/v1/counts?{PERIOD}&by=entity,country").json
    assert {each["entity"]["value"] for each in entities["items"]} == {
        "Hulusi Akar", "Moscow", "Ministry of Defence",
    }  # fmt: skip
    assert entities["total"] == 11


def test_limit_keeps_the_largest_groups(world: Site):
    every = world.get(f"/v1/counts?{PERIOD}&by=outlet").json
    some = world.get(f"/v1/counts?{PERIOD}&by=outlet&limit=2").json
    assert some["items"] == every["items"][:2]
    assert (some["more"], every["more"]) == (True, False)
    assert some["total"] == every["total"]


def test_hidden_articles_and_stories_are_never_counted(world: Site):
    late = world.get(f"/v1/counts?{PERIOD}&outlet=late").json["total"]
    assert late == len(articles(world, "outlet=late")) == 2
    for as_of in ("", f"&as_of={AS_OF}"):
        response = world.get(f"/v1/counts?{PERIOD}&of=stories&by=outlet{as_of}").json
        assert counted(response, "outlet")["late"] == 1


@pytest.mark.parametrize("dimension", Dimension)
def test_facets_of_stories(world: Site, dimension: Dimension):
    response = world.get(f"/v1/stories?facets={dimension}&total=true&limit=1&as_of={AS_OF}").json
    total = world.get(f"/v1/stories?limit=100&as_of={AS_OF}").json["items"]
    counts = world.get(f"/v1/counts?{PERIOD}&of=stories&by={dimension}&as_of={AS_OF}").json
    [facet] = response["facets"]
    assert {each["value"]: each["count"] for each in facet["values"]} == counted(counts, dimension)
    assert response["total"] == {"count": len(total), "exact": True}
    assert len(response["items"]) == 1


def test_total_and_facets_are_omitted_unless_requested(world: Site):
    for path in ("/v1/stories", "/v1/articles"):
        assert world.get(path).json.keys() == {"items", "next"}
        narrowed = world.get(f"{path}?fields=id&total=true&facets=outlet,country,outlet").json
        assert narrowed["items"][0].keys() == {"id"}
        assert [each["dimension"] for each in narrowed["facets"]] == ["outlet", "country"]


def test_total_above_the_bound_is_an_estimate(sessions_of_world: Sessions):
    with sessions_of_world() as session:
        ids = select_story_ids(Query()).order_by(None)
        exact = count_rows(session, ids)
        assert exact.exact
        estimate = count_rows(session, ids, max_exact=2)
        assert not estimate.exact
        assert estimate.count >= 3


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("by=colour", "query.by"),
        ("time_zone=Mars/Olympus", "query.time_zone"),
        ("time_zone=Factory", "query.time_zone"),
        ("time_zone=localtime", "query.time_zone"),
        ("time_zone=../../etc/passwd", "query.time_zone"),
        ("interval=century", "query.interval"),
        ("by=outlet&limit=1001", "query.limit"),
    ],
)
def test_invalid_parameters_are_rejected(world: Site, query: str, location: str):
    response = world.get(f"/v1/counts?{query}")
    assert response.status == 422
    assert response.json["errors"][0]["location"] == location


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("by=outlet,country,type", "name one or two"),
        ("interval=minute", "longer interval"),
        ("interval=hour&by=outlet", "smaller limit"),
        ("since=2023-05-01&until=2023-04-01", "exchange them"),
        ("until=0001-01-01", "out of range"),
    ],
)
def test_requests_that_count_too_much_are_rejected(world: Site, query: str, message: str):
    response = world.get(f"/v1/counts?{query}")
    assert response.status == 422
    assert message in response.json["detail"]


def test_counts_of_an_empty_store(sessions: Sessions):
    with serving(sessions) as site:
        response = site.get("/v1/counts?by=outlet&interval=day").json
        assert (response["total"], response["items"]) == (0, [])
        listed = site.get("/v1/stories?total=true&facets=outlet").json
        assert listed["total"] == {"count": 0, "exact": True}
        assert listed["facets"][0]["values"] == []


def test_client_returns_typed_counts(world: Site):
    with Client(world.url) as client:
        counts = client.counts(
            "stories", interval="month", time_zone="Europe/Berlin", by=["country"],
            since="2023-01-01", until="2023-06-01", limit=5,
        )  # fmt: skip
        assert counts.items[0].start is not None
        assert counts.items[0].country is not None
        summary = client.summary("articles", facets="outlet", country=["RU", "GB"])
        listed = list(client.articles(country=["RU", "GB"]))
        assert summary.total.count == len(listed)
        assert sum(each.count for each in summary.facets[0].values) == len(listed)
