"""HTTP API: `/v1/search` with modes, filters, highlights and invalid queries."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from service.embed.encoder import Encoder
from service.errors import ModelMissingError
from service.settings.load import load
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.queries import saved
from service.store.tables import ArticleRow, StoryRow
from service.web.app import create_app
from service.web.middleware.concurrency import ConcurrencyLimits
from tests.support.database.embedded_articles import ENCODER, embed_all_articles, model_context
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, SiteResponse, running, serving

FERRY = "Ferry strikes pier in Orlan harbour"
STRIKE = "Dockers end their strike in Orlan harbour"
FAEHRE = "Schiffe stießen im Hafen zusammen"


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with the harbour stories; read-only."""
    engine = schema.make_engine(new_database())
    with serve_harbour(make_sessions(engine)) as served:
        yield served
    engine.dispose()


@pytest.fixture
def changing(sessions: Sessions) -> Iterator[Site]:
    """A server with the harbour stories in a database of the test."""
    with serve_harbour(sessions) as served:
        yield served


@contextmanager
def serve_harbour(sessions: Sessions) -> Iterator[Site]:
    """Serve three stories of two outlets, two in English and one in German."""
    with sessions.begin() as session:
        rows = Rows(session)
        quay, kurier = rows.outlet("quay"), rows.outlet("kurier", language="de")
        text = "The vessel hit the pier while docking; twelve passengers were hurt."
        ferry = [
            rows.article(quay, FERRY, text=text),
            rows.article(quay, "Harbour pier closed after collision"),
        ]
        rows.story("ferry", ferry, keywords=["pier", "Orlan"])
        earlier = NOW - timedelta(days=2)
        rows.story("strike", [rows.article(quay, STRIKE, at=earlier)])
        rows.story("hafen", [rows.article(kurier, FAEHRE)])
        embed_all_articles(session)
    with serving(sessions, model_context=model_context()) as served:
        # Waits for the model; without it, a search on a busy machine is by keyword only.
        assert search(served, "pier", "&mode=semantic").status == 200
        yield served


def search(site: Site, q: str, more: str = "") -> SiteResponse:
    """Send a search."""
    return site.get(f"/v1/search?q={quote(q)}{more}")


def stories(site: Site, q: str, more: str = "&mode=keyword") -> list[str]:
    """Return the ids of the stories in the results."""
    return [each["story"]["id"] for each in search(site, q, more).json["stories"]]


def titles(site: Site, q: str, more: str = "&mode=keyword") -> list[str]:
    """Return the titles of the articles in the results."""
    return [each["article"]["title"] for each in search(site, q, more).json["articles"]]


def test_keyword_search_returns_articles_and_stories(site: Site) -> None:
    response = search(site, "ferry strikes pier").json
    assert response["mode"] == ["keyword", "semantic"]
    first = response["articles"][0]
    assert first["article"]["title"] == FERRY
    assert first["article"]["story"]["id"] == "ferry"
    assert first["ranks"] == {"keyword": 1, "semantic": 1, "headline": None}
    assert first["score"] == pytest.approx(2 / 61)
    story = response["stories"][0]
    assert story["story"]["id"] == "ferry"
    assert story["score"] == pytest.approx(3 / 61)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("harbour", {"ferry", "strike"}),
        ("harbours", {"ferry", "strike"}),  # by its stem
        ("passenger", {"ferry"}),  # in the text
        ("harbour -strike", {"ferry"}),
        ("harbour -striking", {"ferry"}),  # any form of the term
        ('"Orlan harbour"', {"ferry", "strike"}),
        ('"harbour Orlan"', set()),
        ('harbour -"strikes pier"', {"ferry", "strike"}),  # its other article lacks the phrase
        ("pier or dockers", {"ferry", "strike"}),
        ("Schiffe", {"hafen"}),
        ("nothing of the kind", set()),
        ("&|!():*<->'\\", None),
        ("ferry & | ! ( : * <-> ' \\", set()),
    ],
)
def test_quotes_minus_and_or(site: Site, q: str, expected: set[str] | None) -> None:
    if expected is None:
        assert search(site, q).status == 422
    elif "<->" in q:
        assert search(site, q).status == 200
    else:
        assert set(stories(site, q)) == expected


def test_inflected_form_is_found_with_and_without_its_language(site: Site) -> None:
    assert stories(site, "Häfen", "&mode=keyword&language=de") == ["hafen"]
    assert stories(site, "Häfen") == ["hafen"]
    assert stories(site, "Häfen", "&mode=keyword&language=en") == []


def test_semantic_search_finds_paraphrase(site: Site) -> None:
    response = search(site, "pier docking vessel hurt", "&mode=semantic").json
    assert response["mode"] == ["semantic"]
    assert response["articles"][0]["article"]["title"] == FERRY
    assert response["articles"][0]["ranks"]["keyword"] is None
    none = search(site, "quantum chess", "&mode=semantic").json
    assert none["articles"] == none["stories"] == []


def test_excluded_term_applies_to_semantic_search(site: Site) -> None:
    assert FERRY not in titles(site, "pier docking vessel hurt -passengers", "&mode=hybrid")


def test_filters_of_time_outlet_and_language(site: Site) -> None:
    assert stories(site, "harbour", f"&mode=keyword&until={NOW.date()}") == ["strike"]
    assert stories(site, "harbour", f"&since={NOW.date()}") == ["ferry"]
    assert stories(site, "hafen or harbour", "&mode=keyword&outlet=kurier") == ["hafen"]
    assert set(stories(site, "hafen or harbour", "&mode=keyword&language=en")) == {
        "ferry",
        "strike",
    }
    unknown = search(site, "hafen or harbour", "&mode=hybrid&outlet=kurrier")
    assert (unknown.status, "did you mean kurier" in unknown.text) == (422, True)


def test_highlight_pieces_join_to_the_text(site: Site) -> None:
    results = search(site, "pier").json
    shown = next(x for x in results["articles"] if x["article"]["title"] == FERRY)["highlights"]
    assert "".join(piece["text"] for piece in shown["title"]) == FERRY
    assert [piece["text"] for piece in shown["title"] if piece["hit"]] == ["pier"]
    assert [piece["text"] for piece in shown["text"] if piece["hit"]] == ["pier"]
    story = results["stories"][0]["highlights"]
    assert {"text": "pier", "hit": True} in story["text"]


def test_page_marks_text_that_the_excerpt_omits(site: Site) -> None:
    complete, late = (site.page(f"/search?q={word}").text for word in ("pier", "hurt"))
    assert ">The vessel hit the <mark>pier</mark> while docking; twelve" in complete
    assert "were hurt.</p>" in complete
    assert ">… hit the pier while docking; twelve passengers were <mark>hurt</mark>.</p>" in late


def test_hidden_stories_and_articles_are_not_found(sessions: Sessions, changing: Site) -> None:
    act = EditorAction("ann", "wrong", NOW + timedelta(hours=1), NOW - timedelta(days=9))
    with sessions.begin() as session:
        actions.mark_story(session, act, "hide", "strike")
        hidden = session.query(ArticleRow).filter_by(title=FERRY).one().id
        actions.hide_article(session, act, hidden)
    for mode in ("keyword", "semantic", "hybrid"):
        assert "strike" not in stories(changing, "harbour strike dockers", f"&mode={mode}")
        results = titles(changing, "harbour or strike or dockers or ferry", f"&mode={mode}")
        assert not {STRIKE, FERRY} & set(results)
    listed = [each["title"] for each in changing.get("/v1/articles").json["items"]]
    assert not {STRIKE, FERRY} & set(listed)
    assert listed


def test_editors_headline_is_found(sessions: Sessions, changing: Site) -> None:
    with sessions.begin() as session:
        session.get_one(StoryRow, "ferry").headline = "Calamity at the waterfront"
    assert stories(changing, "calamities") == ["ferry"]


def test_changed_article_is_found_by_new_text(sessions: Sessions, changing: Site) -> None:
    assert titles(changing, "zeppelin") == []
    with sessions.begin() as session:
        session.query(ArticleRow).filter_by(title=FERRY).update({"title": "Zeppelin strikes pier"})
    assert titles(changing, "zeppelin") == ["Zeppelin strikes pier"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("q=" + "a+" * 10_000, "at most 1000"),
        ("q=" + "a+" * 70, "60 words"),
        ("q=", "Empty: send a text"),
        ("q=-ferry", "no search term"),
        ("q=...", "no search term"),
        ("q=a%00b", "Remove the NUL character"),
        ("q=ferry&mode=magic", "mode"),
        ("q=ferry&limit=101", "100"),
        ("q=ferry&cursor=x", "cursor"),
        ("q=ferry&since=someday", "since"),
        ("q=ferry+%ED%A0%80", "Not UTF-8"),
        ("q=ferry+%FF%FE", "Not UTF-8"),
        ("", "no search term"),
    ],
)
def test_invalid_query_returns_422_with_reason(site: Site, query: str, reason: str) -> None:
    response = site.get(f"/v1/search?{query}")
    assert response.status == 422
    assert reason in response.json["detail"]


@pytest.mark.parametrize("q", ["%EF%BF%BD", "%F0%9F%9A%A2", "%22", "a" * 900, "%27%3B--x"])
def test_unusual_characters_return_200(site: Site, q: str) -> None:
    assert site.get(f"/v1/search?q=ferry+{q}").status == 200


def test_unchanged_search_returns_304(site: Site) -> None:
    response = search(site, "ferry")
    assert search(site, "ferry").headers["etag"] == response.headers["etag"]
    again = site.get("/v1/search?q=ferry", headers={"If-None-Match": response.headers["etag"]})
    assert again.status == 304


def test_searches_above_concurrency_limit_wait(sessions: Sessions) -> None:
    settings = load({"SAMESTORY_WEB__MAX_CONCURRENT_SEARCHES": "1"})
    app = create_app(sessions, clock=lambda: NOW, settings=settings, model_context=model_context())
    with running(app) as site, ThreadPoolExecutor(6) as readers:
        limits: ConcurrencyLimits = app.state.limits
        results = list(readers.map(lambda number: search(site, f"ferry {number}"), range(12)))
        assert [each.status for each in results] == [200] * 12
        rejected = [search(site, "-ferry"), site.get("/v1/search?q=ferry&since=x")]
        assert [each.status for each in rejected] == [422, 422]
        etag = {"If-None-Match": results[0].headers["etag"]}
        assert site.get("/v1/search?q=ferry%200", headers=etag).status == 304
        assert not limits.searches.locked()  # every request released its slot


def test_search_before_model_is_loaded_uses_keywords_or_returns_503(sessions: Sessions) -> None:
    load_allowed, load_calls = threading.Event(), []

    def load() -> Encoder:
        load_calls.append(threading.current_thread().name)
        load_allowed.wait(20)
        return ENCODER

    with serving(sessions, model_context=model_context(load, load_timeout=0.05)) as site:
        assert site.get("/v1/stories").status == 200
        assert not load_calls
        assert search(site, "ferry", "&mode=keyword").status == 200
        assert not load_calls
        early = search(site, "ferry")
        assert (early.status, early.json["mode"]) == (200, ["keyword"])
        alone = search(site, "ferry", "&mode=semantic")
        assert alone.status == 503
        assert alone.headers["retry-after"] == "5"
        assert "loading" in alone.json["detail"]
        load_allowed.set()
        # The store did not change, but the early response is not reused.
        assert _eventually(lambda: search(site, "ferry").json["mode"] == ["keyword", "semantic"])
        validator = {"If-None-Match": early.headers["etag"]}
        assert site.get("/v1/search?q=ferry", headers=validator).status == 200
    assert load_calls == ["model"]


def _eventually(condition: Callable[[], bool]) -> bool:
    return any(condition() for _ in range(200))


def test_failed_model_load_is_retried(sessions: Sessions) -> None:
    attempts: list[Any] = []

    def load() -> Encoder:
        attempts.append(1)
        if len(attempts) == 1:
            raise ModelMissingError("secret/path", "no such file")
        return ENCODER

    with serving(sessions, model_context=model_context(load)) as site:
        failed = search(site, "ferry", "&mode=semantic")
        assert failed.status == 503
        assert failed.headers["retry-after"] == "60"
        assert "secret" not in failed.text
        assert search(site, "ferry").json["mode"] == ["keyword"]
        assert search(site, "ferry", "&mode=semantic").status == 200
        assert search(site, "ferry").json["mode"] == ["keyword", "semantic"]


def test_keyword_search_works_without_loadable_model(sessions: Sessions) -> None:
    load_calls = []

    def fail() -> Encoder:
        load_calls.append(1)
        raise ModelMissingError("path", "no such file")

    with serving(sessions, model_context=model_context(fail)) as site:
        assert [search(site, "ferry").json["mode"] for _ in range(5)] == [["keyword"]] * 5
    assert load_calls == [1]  # no retry during the pause after a failure


def test_server_without_model_uses_keywords(sessions: Sessions) -> None:
    expected = {"mode": ["keyword"], "stories": [], "articles": []}
    with serving(sessions) as site:
        assert search(site, "ferry", "&mode=semantic").status == 503
        assert search(site, "ferry").json == search(site, "ferry", "&mode=keyword").json == expected


def test_saved_query_replaces_the_text(changing: Site, sessions: Sessions) -> None:
    with sessions.begin() as session:
        for key, q in (
            ("ferry", "ferry outlet:quay"),
            ("crash", 'meaning:"a boat crashed"'),
            ("new", "since:-1h"),
        ):
            saved.add(session, key, q, made_by="ann", now=NOW)
    found = changing.get("/v1/search?query=ferry&mode=keyword").json
    assert found == search(changing, "ferry outlet:quay", "&mode=keyword").json
    assert changing.get("/v1/search?query=crash").json["mode"] == ["semantic"]
    for path in ("/v1/search", "/v1/search?query=new"):
        rejected = changing.get(path)
        assert (rejected.status, "no search term" in rejected.text) == (422, True)
