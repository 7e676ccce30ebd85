"""Types of articles in the API and on pages: fields, filters, labels and corrections."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.domain.access.roles import Role
from service.store.database.sessions import Sessions
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server with a story of a report, an opinion, a live page and a video."""
    with sessions.begin() as session:
        rows = Rows(session)
        types = ("report", "opinion", "live", "media")
        rows.story(
            "mixed",
            [
                rows.article(rows.outlet(each), f"Title {each}", type=each, at=NOW + at)
                for each, at in zip(types, map(timedelta, range(4)), strict=True)
            ],
        )
        rows.story("plain", [rows.article(rows.outlet("alone"), "Nothing else", type="live")])
    with serving(sessions) as running:
        yield running


def types_of(site: Site, path: str) -> list[str]:
    return [item["type"] for item in site.get(path).json["items"]]


def test_lists_of_articles_are_filtered_by_type(site: Site):
    assert types_of(site, "/v1/articles?sort=oldest&story=mixed") == [
        "report", "opinion", "live", "media"
    ]  # fmt: skip
    assert types_of(site, "/v1/articles?type=opinion&type=media") == ["media", "opinion"]
    assert types_of(site, "/v1/stories/mixed/articles?type=live") == ["live"]
    rejected = site.get("/v1/articles?type=gossip")
    assert rejected.status == 422
    assert rejected.json["errors"][0]["location"] == "query.type.0"


def test_story_counts_reports_only(site: Site):
    story = site.get("/v1/stories/mixed").json
    assert (story["coverage"], story["independent"]) == (4, 1)
    assert [member["type"] for member in story["members"]] == ["report", "opinion", "live", "media"]
    assert site.get("/v1/stories/plain?fields=independent").json == {"independent": 0}


def test_page_labels_types_and_filters_by_links(site: Site):
    page = site.page("/stories/mixed").text
    assert page.count('<span class="type">') == 3
    assert 'href="/stories/mixed/slug-of-mixed?type=opinion#reports"' in page
    filtered = site.page("/stories/mixed?type=opinion").text
    assert "Title opinion</a>" in filtered
    assert "Title media</a>" not in filtered
    assert "Title media</a>" in site.page("/stories/mixed?type=gossip").text
    plain = site.page("/stories/plain").text
    assert "Filter by type" not in plain
    assert re.search("<strong>0</strong> <a [^>]*>independent</a> of 1 outlet", plain)


def test_editor_corrects_a_type_over_http(site: Site, sessions: Sessions):
    ann = make_key_client(site, sessions, "ann", Role.EDITOR)
    article = site.get("/v1/articles?type=opinion").json["items"][0]["id"]
    body = {"action": "set_type", "article": article, "type": "report", "reason": "news"}
    made = ann.post("/v1/decisions", body)
    assert made.status == 201
    assert made.json["type"] == "report"
    assert (made.json["articles"], made.json["headline"]) == ([article], None)
    assert site.get("/v1/stories/mixed?fields=independent").json == {"independent": 2}
    assert ann.post("/v1/decisions", body).status == 409
    assert ann.post("/v1/decisions", body | {"type": "gossip"}).status == 422
    assert ann.post(f"/v1/decisions/{made.json['id']}/undo", {}).status == 200
    assert site.get(f"/v1/articles/{article}?fields=type").json == {"type": "opinion"}
