"""`/v1/search` through HTTP: words, meaning, filters, highlights, and what is refused."""

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
from service.store.tables import ArticleRow, StoryRow
from service.web.app import create_app
from service.web.middleware.concurrency import ConcurrencyLimits
from tests.support.database.embedded_articles import ENCODER, read_all, model_context
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Answer, Site, running, serving

FERRY = "Ferry strikes pier in Orlan harbour"
STRIKE = "Dockers end their strike in Orlan harbour"
FAEHRE = "Schiffe stießen im Hafen zusammen"


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the harbour, which nobody changes."""
    engine = schema.make_engine(new_database())
    with over_the_harbour(make_sessions(engine)) as served:
        yield served
    engine.dispose()


@pytest.fixture
def changing(sessions: Sessions) -> Iterator[Site]:
    """A server over a harbour of the test's own."""
    with over_the_harbour(sessions) as served:
        yield served


@contextmanager
def over_the_harbour(sessions: Sessions) -> Iterator[Site]:
    """A server over three stories of two outlets, two in English and one in German."""
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
        read_all(session)
    with serving(sessions, model_context=model_context()) as served:
        yield served


def ask(site: Site, q: str, more: str = "") -> Answer:
    """Search."""
    return site.get(f"/v1/search?q={quote(q)}{more}")


def stories(site: Site, q: str, more: str = "&mode=keyword") -> list[str]:
    """The ids of the stories that are found."""
    return [found["story"]["id"] for found in ask(site, q, more).json["stories"]]


def titles(site: Site, q: str, more: str = "&mode=keyword") -> list[str]:
    """The titles of the articles that are found."""
    return [found["article"]["title"] for found in ask(site, q, more).json["articles"]]


def test_words_find_articles_and_their_stories(site: Site) -> None:
    answer = ask(site, "ferry strikes pier").json
    assert answer["mode"] == ["keyword", "semantic"]
    first = answer["articles"][0]
    assert first["article"]["title"] == FERRY
    assert first["article"]["story"]["id"] == "ferry"
    assert first["ranks"] == {"keyword": 1, "semantic": 1, "headline": None}
    assert first["score"] == pytest.approx(2 / 61)
    story = answer["stories"][0]
    assert story["story"]["id"] == "ferry"
    assert story["score"] == pytest.approx(3 / 61)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("harbour", {"ferry", "strike"}),
        ("harbours", {"ferry", "strike"}),  # by its stem
        ("passenger", {"ferry"}),  # in the text
        ("harbour -strike", {"ferry"}),
        ("harbour -striking", {"ferry"}),  # no form of it
        ('"Orlan harbour"', {"ferry", "strike"}),
        ('"harbour Orlan"', set()),
        ('harbour -"strikes pier"', {"ferry", "strike"}),  # its other article has none
        ("pier or dockers", {"ferry", "strike"}),
        ("Schiffe", {"hafen"}),
        ("nothing of the kind", set()),
        ("&|!():*<->'\\", None),
        ("ferry & | ! ( : * <-> ' \\", set()),
    ],
)
def test_quotes_minus_and_or(site: Site, q: str, found: set[str] | None) -> None:
    if found is None:
        assert ask(site, q).status == 422
    elif "<->" in q:
        assert ask(site, q).status == 200
    else:
        assert set(stories(site, q)) == found


def test_stems_are_those_of_the_language_that_is_asked_for(site: Site) -> None:
    assert stories(site, "Häfen", "&mode=keyword&language=de") == ["hafen"]
    assert stories(site, "Häfen") == []


def test_meaning_finds_what_shares_no_phrase_and_says_so(site: Site) -> None:
    answer = ask(site, "pier docking vessel hurt", "&mode=semantic").json
    assert answer["mode"] == ["semantic"]
    assert answer["articles"][0]["article"]["title"] == FERRY
    assert answer["articles"][0]["ranks"]["keyword"] is None
    none = ask(site, "quantum chess", "&mode=semantic").json
    assert none["articles"] == none["stories"] == []


def test_what_is_left_out_is_not_found_by_meaning_either(site: Site) -> None:
    assert FERRY not in titles(site, "pier docking vessel hurt -passengers", "&mode=hybrid")


def test_filters_of_time_outlet_and_language(site: Site) -> None:
    assert stories(site, "harbour", f"&mode=keyword&until={NOW.date()}") == ["strike"]
    assert stories(site, "harbour", f"&since={NOW.date()}") == ["ferry"]
    assert stories(site, "hafen or harbour", "&mode=keyword&outlet=kurier") == ["hafen"]
    assert set(stories(site, "hafen or harbour", "&mode=keyword&language=en")) == {"ferry", "strike"}
    assert stories(site, "hafen or harbour", "&mode=hybrid&outlet=nobody") == []


def test_highlights_are_pieces_that_make_up_the_text(site: Site) -> None:
    found = ask(site, "pier").json
    shown = next(x for x in found["articles"] if x["article"]["title"] == FERRY)["highlights"]
    assert "".join(piece["text"] for piece in shown["title"]) == FERRY
    assert [piece["text"] for piece in shown["title"] if piece["hit"]] == ["pier"]
    assert [piece["text"] for piece in shown["text"] if piece["hit"]] == ["pier"]
    story = found["stories"][0]["highlights"]
    assert {"text": "pier", "hit": True} in story["text"]


def test_what_editors_hid_is_not_found(sessions: Sessions, changing: Site) -> None:
    act = EditorAction("ann", "wrong", NOW + timedelta(hours=1), NOW - timedelta(days=9))
    with sessions.begin() as session:
        actions.mark_story(session, act, "hide", "strike")
        hidden = session.query(ArticleRow).filter_by(title=FERRY).one().id
        actions.hide_article(session, act, hidden)
    for mode in ("keyword", "semantic", "hybrid"):
        assert "strike" not in stories(changing, "harbour strike dockers", f"&mode={mode}")
        found = titles(changing, "harbour or strike or dockers or ferry", f"&mode={mode}")
        assert not {STRIKE, FERRY} & set(found)
    listed = [each["title"] for each in changing.get("/v1/articles").json["items"]]
    assert not {STRIKE, FERRY} & set(listed)
    assert listed


def test_an_editors_headline_is_found(sessions: Sessions, changing: Site) -> None:
    with sessions.begin() as session:
        session.get_one(StoryRow, "ferry").headline = "Calamity at the waterfront"
    assert stories(changing, "calamities") == ["ferry"]


def test_a_changed_article_is_found_by_its_new_words(sessions: Sessions, changing: Site) -> None:
    assert titles(changing, "zeppelin") == []
    with sessions.begin() as session:
        session.query(ArticleRow).filter_by(title=FERRY).update({"title": "Zeppelin strikes pier"})
    assert titles(changing, "zeppelin") == ["Zeppelin strikes pier"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("q=" + "a+" * 10_000, "at most 1000"),
        ("q=" + "a+" * 70, "60 words"),
        ("q=", "at least 1"),
        ("q=-ferry", "without a minus"),
        ("q=...", "nothing to look for"),
        ("q=a%00b", "pattern"),
        ("q=ferry&mode=magic", "mode"),
        ("q=ferry&limit=101", "100"),
        ("q=ferry&cursor=x", "cursor"),
        ("q=ferry&since=yesterday", "since"),
        ("q=ferry+%ED%A0%80", "not UTF-8"),
        ("q=ferry+%FF%FE", "not UTF-8"),
        ("", "q"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_reason(
    site: Site, query: str, reason: str
) -> None:
    answer = site.get(f"/v1/search?{query}")
    assert answer.status == 422
    assert reason in answer.json["detail"]


@pytest.mark.parametrize("q", ["%EF%BF%BD", "%F0%9F%9A%A2", "%22", "a" * 900, "%27%3B--x"])
def test_odd_questions_are_answered(site: Site, q: str) -> None:
    assert site.get(f"/v1/search?q=ferry+{q}").status == 200


def test_a_search_is_known_by_the_state_of_the_store(site: Site) -> None:
    answer = ask(site, "ferry")
    assert ask(site, "ferry").headers["etag"] == answer.headers["etag"]
    again = site.get("/v1/search?q=ferry", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304


def test_more_searches_than_are_done_at_once_wait_their_turn(sessions: Sessions) -> None:
    settings = load({"SAMESTORY_WEB__MAX_CONCURRENT_SEARCHES": "1"})
    app = create_app(sessions, clock=lambda: NOW, settings=settings, model_context=model_context())
    with running(app) as site, ThreadPoolExecutor(6) as readers:
        bounds: ConcurrencyLimits = app.state.bounds
        found = list(readers.map(lambda number: ask(site, f"ferry {number}"), range(12)))
        assert [each.status for each in found] == [200] * 12
        refused = [ask(site, "-ferry"), site.get("/v1/search?q=ferry&since=x")]
        assert [each.status for each in refused] == [422, 422]
        etag = {"If-None-Match": found[0].headers["etag"]}
        assert site.get("/v1/search?q=ferry%200", headers=etag).status == 304
        assert not bounds.searching.locked()  # whatever came of them, all have ended their turn


def test_a_server_is_up_before_its_model_and_says_when_to_come_again(sessions: Sessions) -> None:
    may_load, loads = threading.Event(), []

    def load() -> Encoder:
        loads.append(threading.current_thread().name)
        may_load.wait(20)
        return ENCODER

    with serving(sessions, model_context=model_context(load, patience=0.05)) as site:
        assert site.get("/v1/stories").status == 200
        assert not loads
        assert ask(site, "ferry", "&mode=keyword").status == 200
        assert not loads
        early = ask(site, "ferry")
        assert (early.status, early.json["mode"]) == (200, ["keyword"])
        alone = ask(site, "ferry", "&mode=semantic")
        assert alone.status == 503
        assert alone.headers["retry-after"] == "5"
        assert "loaded" in alone.json["detail"]
        may_load.set()
        # Nothing was stored meanwhile, and yet the early answer is not taken for the present one.
        assert _until(lambda: ask(site, "ferry").json["mode"] == ["keyword", "semantic"])
        known = {"If-None-Match": early.headers["etag"]}
        assert site.get("/v1/search?q=ferry", headers=known).status == 200
    assert loads == ["model"]


def _until(holds: Callable[[], bool]) -> bool:
    return any(holds() for _ in range(200))


def test_a_model_that_cannot_be_loaded_is_tried_again(sessions: Sessions) -> None:
    tries: list[Any] = []

    def load() -> Encoder:
        tries.append(1)
        if len(tries) == 1:
            raise ModelMissingError("secret/path", "no such file")
        return ENCODER

    with serving(sessions, model_context=model_context(load)) as site:
        failed = ask(site, "ferry", "&mode=semantic")
        assert failed.status == 503
        assert failed.headers["retry-after"] == "60"
        assert "secret" not in failed.text
        assert ask(site, "ferry").json["mode"] == ["keyword"]
        assert ask(site, "ferry", "&mode=semantic").status == 200
        assert ask(site, "ferry").json["mode"] == ["keyword", "semantic"]


def test_a_model_that_cannot_be_loaded_leaves_the_words(sessions: Sessions) -> None:
    loads = []

    def fail() -> Encoder:
        loads.append(1)
        raise ModelMissingError("path", "no such file")

    with serving(sessions, model_context=model_context(fail)) as site:
        assert [ask(site, "ferry").json["mode"] for _ in range(5)] == [["keyword"]] * 5
    assert loads == [1]  # what failed rests, or each search would try it again


def test_a_server_without_a_model_searches_by_words(sessions: Sessions) -> None:
    found = {"mode": ["keyword"], "stories": [], "articles": []}
    with serving(sessions) as site:
        assert ask(site, "ferry", "&mode=semantic").status == 503
        assert ask(site, "ferry").json == ask(site, "ferry", "&mode=keyword").json == found
