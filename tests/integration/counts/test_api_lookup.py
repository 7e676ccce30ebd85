"""Batches of ids, articles by URL, outlets and storylines by name, entities."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from samestory_client import Client

from service.domain.identity.keys import link_keys
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import actions
from service.store.tables import ArticleKeyRow, StoryRow
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE, WORLD_NOW
from tests.support.database.editor import decide
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

URL = "https://quay.example/ferry"


@pytest.fixture(scope="module")
def sessions_of_world(new_database: Callable[[], str]) -> Iterator[Sessions]:
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        rows = Rows(session)
        quay = rows.outlet("quay", "Quay 100%", sites=["quay-news.example"])
        for number, url in enumerate([URL, f"{URL}-2"]):
            article = rows.article(quay, f"Ferry {number}", at=NOW, url=url)
            rows.story(f"ferry{number}", [article])
            key = link_keys(url)[0]
            session.add(ArticleKeyRow(key_hash=key, article_id=article.id, feed_id=None))
        entities = [
            {"name": name, "kind": "person", "articles": 1} for name in ("Ana Pell", "Al-Pell")
        ]
        session.get_one(StoryRow, "ferry0").details = {"entities": entities}
        session.get_one(StoryRow, "ferry1").details = {"entities": entities[:1]}
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def world(sessions_of_world: Sessions) -> Iterator[Site]:
    with serving(sessions_of_world, clock=lambda: WORLD_NOW) as site:
        yield site


def ids(site: Site, path: str) -> list[str]:
    return [each["id"] for each in site.get(path).json["items"]]


def test_stories_by_id_follow_mergers(world: Site):
    wanted = f"/v1/stories?id={MERGED}&id=moscow-2022-12-28&id=no-such-story&sort=newest"
    assert ids(world, wanted) == [MEETING, "moscow-2022-12-28"]
    assert ids(world, f"{wanted}&id={MEETING}") == [MEETING, "moscow-2022-12-28"]
    assert ids(world, "/v1/stories?id=no-such-story") == []
    with Client(world.url) as client:
        assert [each.id for each in client.stories(id=[MERGED])] == [MEETING]


def test_articles_by_id_and_url(world: Site):
    first, second = ids(world, "/v1/articles?limit=2")
    assert ids(world, f"/v1/articles?id={first}&id={second}&id=7") == [first, second]
    [found] = world.get(f"/v1/articles?url={URL}%3Futm_source=mail%23top").json["items"]
    assert found["url"] == URL
    assert found["story"]["id"] == "ferry0"
    assert len(ids(world, f"/v1/articles?url={URL}&url={URL}-2&id={first}")) == 3
    assert ids(world, "/v1/articles?url=https://quay.example/unknown") == []
    with Client(world.url) as client:
        assert [each.url for each in client.articles_by_url(URL, "https://quay.example/x")] == [URL]
        assert [each.id for each in client.articles(id=[int(first)])] == [int(first)]


def test_articles_of_a_storyline(world: Site):
    stories = ids(world, f"/v1/stories?storyline={STORYLINE}")
    articles = world.get(f"/v1/articles?storyline={STORYLINE}&sort=oldest&limit=100").json["items"]
    assert {each["story"]["id"] for each in articles} == set(stories)
    times = [each["reported_at"] for each in articles]
    assert times == sorted(times)


@pytest.mark.parametrize("name", ["Quay", "QUAY 100%", "quay-news", "uay"])
def test_outlets_by_name(world: Site, name: str):
    path = f"/v1/outlets?fields=slug&name={name.replace('%', '%25').replace(' ', '%20')}"
    assert [each["slug"] for each in world.get(path).json["items"]] == ["quay"]
    with Client(world.url) as client:
        assert [each.slug for each in client.outlets_by_name(name)] == ["quay"]


def test_wildcards_in_names_are_literal(world: Site):
    assert world.get("/v1/outlets?name=%25").json["items"][0]["slug"] == "quay"
    assert world.get("/v1/outlets?name=q%25y").json["items"] == []


def test_outlets_and_storylines_in_batches(world: Site):
    outlets = world.get("/v1/outlets?slug=harbour&slug=quay&slug=none").json["items"]
    assert [each["slug"] for each in outlets] == ["harbour", "quay"]
    assert ids(world, f"/v1/storylines?id={STORYLINE}&id=none") == [STORYLINE]
    assert ids(world, "/v1/storylines?title=ANKARA") == [STORYLINE]
    assert ids(world, "/v1/storylines?title=ferry") == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=pel", ["Ana Pell", "Al-Pell"]),
        ("q=ANA%20P", ["Ana Pell"]),
        ("q=ell", []),
        ("q=.*", []),
        ("q=moscow&kind=place", ["Moscow"]),
        ("q=moscow&kind=person", []),
        ("kind=person&limit=1", ["Ana Pell"]),
        ("q=ana&until=2023-04-26", []),
    ],
)
def test_entities_complete_words(world: Site, query: str, names: list[str]):
    listed = world.get(f"/v1/entities?since=2023-01-01&{query}").json["items"]
    assert [each["name"] for each in listed] == names


def test_entities_of_hidden_stories_are_omitted(sessions_of_world: Sessions, world: Site):
    with Client(world.url) as client:
        [ana, _] = client.entities("pell", since="2023-01-01")
        assert (ana.name, ana.kind, ana.stories) == ("Ana Pell", "person", 2)
    at = WORLD_NOW + timedelta(minutes=1)
    decide(
        sessions_of_world, at, lambda session, by: actions.mark_story(session, by, "hide", "ferry0")
    )
    [ana] = world.get("/v1/entities?q=pell&since=2023-01-01").json["items"]
    assert ana["stories"] == 1
    assert ids(world, f"/v1/articles?url={URL}") == []
    assert ids(world, "/v1/stories?id=ferry0") == []


def test_too_many_ids_are_rejected(world: Site):
    response = world.get("/v1/stories?" + "&".join(f"id={number}" for number in range(101)))
    assert response.status == 422
    assert response.json["errors"][0]["location"] == "query.id"
