"""Filters by keyword and entity: words match in their forms, as in search and alerts."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from service.store.database.sessions import Sessions
from service.store.tables import StoryRow
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

#: Story id: language, keywords, names of entities.
STORIES = {
    "harbour": ("en", ["ferries", "fishing quota"], ["U.S. Coast Guard", "Orlan"]),
    "plan": ("en", ["AI-powered"], ["Orlan Harbour"]),
    "moscow": ("ru", ["Россия"], ["Москва"]),
    "trade": ("zh", ["中兰国经济"], []),
    "talks": ("ar", ["الملاحة"], ["تركيا"]),
    "raid": ("tr", ["saldırılar"], ["Iğdır"]),
}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with sessions.begin() as session:
        rows = Rows(session)
        for name, (language, keywords, entities) in STORIES.items():
            outlet = rows.outlet(f"outlet-{name}", language=language)
            story = rows.story(name, [rows.article(outlet, name)])
            row = session.get_one(StoryRow, story.id)
            row.keywords, row.languages = keywords, [language]
            row.details = {"entities": [{"name": each, "kind": "place"} for each in entities]}
    with serving(sessions) as running:
        yield running


def found(site: Site, field: str, value: str) -> list[str]:
    response = site.get(f"/v1/stories?{field}={quote(value)}")
    assert response.status == 200, response.text
    return sorted(each["id"] for each in response.json["items"])


@pytest.mark.parametrize(
    ("value", "stories"),
    [
        ("ferry", ["harbour"]),
        ("Ferries", ["harbour"]),
        ("fishing quotas", ["harbour"]),
        ("AI", ["plan"]),
        ("России", ["moscow"]),
        ("经济", ["trade"]),
        ("ملاحة", ["talks"]),
        ("SALDIRI", ["raid"]),
        ("fer", []),
        ("quota fishing", []),
        ("!?", []),
        ('"', []),
    ],
)
def test_keyword_matches_words_in_their_forms(site: Site, value: str, stories: list[str]) -> None:
    assert found(site, "keyword", value) == stories


@pytest.mark.parametrize(
    ("value", "stories"),
    [
        ("orlan", ["harbour"]),
        ("Orlan harbours", ["plan"]),
        ("US Coast Guard", ["harbour"]),
        ("Coast Guard", []),
        ("Москвы", ["moscow"]),
        ("وتركيا", ["talks"]),
        ("IĞDIR", ["raid"]),
        ("harbour", []),
    ],
)
def test_entity_matches_whole_names_in_their_forms(
    site: Site, value: str, stories: list[str]
) -> None:
    assert found(site, "entity", value) == stories


def test_all_values_must_match(site: Site) -> None:
    query = "keyword=ferry&keyword=quota&entity=Orlan"
    assert [each["id"] for each in site.get(f"/v1/stories?{query}").json["items"]] == ["harbour"]
    assert site.get(f"/v1/stories?{query}&keyword=AI").json["items"] == []


def test_versions_match_in_the_same_way(site: Site) -> None:
    at = quote((NOW + timedelta(days=1)).isoformat())
    assert site.get(f"/v1/stories?keyword=ferry&entity=Orlan&as_of={at}").status == 200
