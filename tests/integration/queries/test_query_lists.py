"""The query language in lists, search, counts, exports and feeds, against one database."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import text

from service.store.counts.missing_coverage import load_missing_coverage
from service.store.counts.stored_missing import update_stored_missing
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.stories.versions import record_versions
from service.store.story_views.changes import MAX_CHECKED
from service.store.tables import (
    ArticleRow,
    MembershipRow,
    RevisionRow,
    StoryRow,
    StoryVersionRow,
    TransitionRow,
)
from tests.support.database.embedded_articles import embed_all_articles, model_context
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[tuple[Site, Sessions]]:
    """Three stories of the last day, one older, and thirty small ones of the same outlets."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        _add_stories(Rows(session))
        embed_all_articles(session)
        assert update_stored_missing(session, limit=100) == 31
        assert update_stored_missing(session, limit=100) == 0
    with serving(sessions, clock=lambda: NOW, model_context=model_context()) as site:
        yield site, sessions
    engine.dispose()


def _add_stories(rows: Rows) -> None:
    quay = rows.outlet("quay", country="GB", language="en")
    wire = rows.outlet("wire", country="GB", language="en")
    kurier = rows.outlet("kurier", country="DE", language="de")
    post = rows.outlet("post", country="FR", language="fr")
    rows.storyline("saga", "The harbour")
    ferry = [
        rows.article(quay, "Ferry strikes pier", text="Two were hurt in Orlan", at=NOW - 5 * HOUR),
        rows.article(kurier, "Fähre rammt Pier", at=NOW - 4 * HOUR),
        rows.article(post, "Un ferry heurte la jetée", at=NOW - 3 * HOUR),
    ]
    entities = [{"name": "Orlan Harbour", "kind": "place", "articles": 2}]
    rows.story(
        "ferry", ferry, keywords=["pier"], storyline_id="saga", details={"entities": entities}
    )
    tax = [
        rows.article(wire, "Parliament debates tram tax", at=NOW - 6 * HOUR),
        rows.article(quay, "Tram tax debated", type="opinion", at=NOW - 5 * HOUR),
    ]
    agencies = [{"name": "Wire", "slug": "wire", "articles": [str(tax[0].id)]}]
    rows.story("tax", tax, state="closed", details={"agencies": agencies})
    rows.story("dock", [rows.article(wire, "Dock strike ends", at=NOW - 7 * HOUR)])
    rows.story("old", [rows.article(quay, "Ferry timetable", at=NOW - 50 * HOUR)])
    for number in range(30):
        at = NOW - timedelta(days=3, hours=number)
        members = [
            rows.article(each, f"Note {number}", at=at) for each in (quay, wire, kurier, post)
        ]
        rows.story(f"note{number}", members)
    rows.article(post, "Nothing new", at=NOW - 41 * HOUR)
    late = [rows.article(each, "Late note", at=NOW - 40 * HOUR) for each in (quay, wire, kurier)]
    rows.story("late", late)


def found(site: Site, parameters: str) -> set[str]:
    """Ids of the stories of the last four days, without the notes."""
    response = site.get(f"/v1/stories?limit=100&{parameters}")
    assert response.status == 200, response.text
    return {each["id"] for each in response.json["items"] if not each["id"].startswith("note")}


@pytest.mark.parametrize(
    ("q", "stories"),
    [
        ("ferry", {"ferry", "old"}),
        ("ferry -jetée", {"old"}),
        ("pier or tram", {"ferry", "tax"}),
        ('"tram tax"', {"tax"}),
        ("hurt", {"ferry"}),
        ("headline:ferry", {"ferry", "old"}),
        ("-headline:ferry since:-24h", {"tax", "dock"}),
        ("since:-24h", {"ferry", "tax", "dock"}),
        ("since:-24h -outlet:wire", {"ferry"}),
        ("since:-24h outlet:quay country:de", {"ferry"}),
        ("since:-24h -country:GB", set()),
        ("independent:3.. since:today", {"ferry"}),
        ("independent:2", {"tax"}),
        ("countries:2..", {"ferry", "late"}),
        ("countries:3", {"ferry"}),
        ("languages:>=3", {"ferry"}),
        ("velocity:>0", set()),
        ("velocity:<=0 since:-24h", {"ferry", "tax", "dock"}),
        ("language:fr", {"ferry"}),
        ("type:opinion", {"tax"}),
        ("first_outlet:quay since:-24h", {"ferry"}),
        ("-first_outlet:quay since:-24h", {"tax", "dock"}),
        ("first_reported:-6h..", {"ferry", "tax"}),
        ("reported:yesterday", {"dock"}),
        ("agency:wire since:-24h", {"tax", "dock"}),
        ('entity:"orlan harbour"', {"ferry"}),
        ("storyline:saga", {"ferry"}),
        ("-storyline:saga since:-24h", {"tax", "dock"}),
        ("state:closed", {"tax"}),
        ("id:ferry,old", {"ferry", "old"}),
        ("missing_outlet:post", {"late"}),
        ("missing_outlet:post -outlet:kurier", set()),
    ],
)  # fmt: skip
def test_conditions_select_stories(world: tuple[Site, Sessions], q: str, stories: set[str]) -> None:
    assert found(world[0], f"q={quote(q)}") == stories


def test_missing_outlet_agrees_with_the_missing_coverage_of_each_story(
    world: tuple[Site, Sessions],
) -> None:
    site, sessions = world
    listed = site.get("/v1/stories?q=missing_outlet:post&limit=100").json["items"]
    with sessions() as session:
        ids = [each["id"] for each in site.get("/v1/stories?limit=100").json["items"]]
        missing = {
            each
            for each in ids
            if "post" in [gap.value for gap in load_missing_coverage(session, each).outlets]
        }
    assert {each["id"] for each in listed} == missing == {"late"}


def test_parameters_and_words_combine(world: tuple[Site, Sessions]) -> None:
    site, _ = world
    assert found(site, "q=ferry&since=-24h&outlet=-wire&countries=2..") == {"ferry"}
    assert found(site, f"q=ferry&as_of={quote((NOW - 30 * HOUR).isoformat())}") == set()


def test_meaning_selects_similar_reports(world: tuple[Site, Sessions]) -> None:
    site, _ = world
    assert "ferry" in found(site, "meaning=ferry%20strikes%20pier&since=-24h")
    assert found(site, "meaning=zzz&outlet=quay&until=2000-01-01") == set()


def test_relative_times_of_a_store_that_is_not_live_count_from_the_latest_report(
    world: tuple[Site, Sessions],
) -> None:
    with serving(world[1], clock=lambda: NOW + timedelta(days=400)) as site:
        assert found(site, "since=-24h") == {"ferry", "tax", "dock"}


def test_reversed_periods_of_storylines_are_rejected(world: tuple[Site, Sessions]) -> None:
    for path in ("/v1/storylines", "/v1/export/storylines"):
        response = world[0].get(f"{path}?since=2023-05-01&until=2023-04-01")
        assert (response.status, "exchange them" in response.text) == (422, True), path


@pytest.mark.parametrize("path", ["/v1/stories", "/v1/articles", "/v1/counts", "/v1/export/stories",
                                  "/v1/stories/feed.rss", "/v1/search", "/v1/export/articles"])  # fmt: skip
@pytest.mark.parametrize(
    ("q", "message"),
    [
        ("ferry outlt:quay", "position 7: Unknown field 'outlt': did you mean outlet?"),
        ("ferry outlet:kay", "position 7: Unknown outlet 'kay': did you mean quay"),
        ("ferry storyline:sag", "did you mean saga"),
        ("independent:>2147483647", "values are from 0 to 2147483647"),
        ("ferry since:2023-05-01 until:2023-04-01", "The period of since and until is empty"),
    ],
)
def test_errors_are_the_same_everywhere(
    world: tuple[Site, Sessions], path: str, q: str, message: str
) -> None:
    response = world[0].get(f"{path}?q={quote(q)}")
    assert (response.status, message in response.text) == (422, True), response.text


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("id=ferry,tax", "an id has no comma; repeat the parameter"),
        ("countries=-1", "Invalid countries '-1'"),
        ("until=-24x", "Invalid until: '-24x' is not a time"),
        ("as_of=someday", "Invalid as_of: 'someday' is not a time"),
        ("independent=3..2", "The range independent '3..2' is empty"),
        ("q=reported:2023-05-02..2023-05-01", "write the smaller value first"),
        ("q=independent:3-5", "such as 3, 3.., ..8"),
        ("q=reported:today@Mars/One", "'today@Mars/One' is not a time"),
        ("q=outlet:quay OR outlet:wire", "separate alternative values of outlet by commas"),
        ("facets=country,langage", "Unknown name langage"),
        ("q=%20", "The query is blank: write a word or a condition"),
        ("keyword=%20", "The value is blank"),
        ("totals=true", "did you mean total?"),
    ],
)
def test_errors_name_the_parameter_and_the_remedy(
    world: tuple[Site, Sessions], parameters: str, message: str
) -> None:
    response = world[0].get(f"/v1/stories?{quote(parameters, safe='=&,:.%')}")
    assert (response.status, message in response.text) == (422, True), response.text


@pytest.mark.parametrize(
    ("parameters", "stories"),
    [
        ("id=ferry&id=tax&id=nope", {"ferry", "tax"}),
        ("outlet=quay&outlet=-quay", set()),
        ("family=post&outlet=-wire&since=-24h", {"ferry"}),
        ("storyline=-saga&q=since:-24h", {"tax", "dock"}),
        ("missing_outlet=post&missing_outlet=-kurier", {"late"}),
        ("first_outlet=quay&first_reported=-6h..", {"ferry"}),
        ("q=since:today@Europe/Berlin", {"ferry", "tax", "dock"}),
        ("q=NOT type:opinion since:-24h", {"ferry", "dock"}),
        ("q=ferry AND pier", {"ferry"}),
        ("keyword=piers", {"ferry"}),
    ],
)
def test_parameters_combine(
    world: tuple[Site, Sessions], parameters: str, stories: set[str]
) -> None:
    assert found(world[0], quote(parameters, safe="=&,:.")) == stories


@pytest.mark.parametrize(
    ("zone", "interval", "starts"),
    [
        ("Europe/Berlin", "day", ["2023-03-26T00:00:00+01:00", "2023-03-27T00:00:00+02:00"]),
        ("Asia/Kathmandu", "month", ["2023-03-01T00:00:00+05:45"]),
    ],
)
def test_counts_begin_at_local_midnight_also_when_the_clock_changes(
    world: tuple[Site, Sessions], zone: str, interval: str, starts: list[str]
) -> None:
    period = "since=2023-03-25T23:00:00Z&until=2023-03-27T22:00:00Z"
    path = f"/v1/counts?interval={interval}&time_zone={zone}&{period}"
    assert [each["start"] for each in world[0].get(path).json["items"]] == starts


def test_articles_search_counts_exports_and_feeds_take_the_query(
    world: tuple[Site, Sessions],
) -> None:
    site, sessions = world
    q = quote("ferry independent:3.. since:-24h -language:de")  # one report is in German
    with sessions() as session:
        titles = {each.id: each.title for each in session.query(ArticleRow)}
    expected = {"Ferry strikes pier", "Un ferry heurte la jetée"}
    listed = site.get(f"/v1/articles?q={q}").json["items"]
    assert {each["title"] for each in listed} == expected <= set(titles.values())
    assert site.get(f"/v1/counts?q={q}").json["total"] == len(expected)
    assert site.get(f"/v1/counts?q={q}&of=stories").json["total"] == 1
    assert site.get(f"/v1/articles?q={q}&total=true").json["total"]["count"] == len(expected)
    lines = site.get(f"/v1/export/articles?q={q}&fields=title").text.splitlines()
    assert len(lines) == len(expected)
    feed = quote("ferry independent:3.. since:-24h")
    assert "Ferry strikes pier" in site.get(f"/v1/stories/feed.atom?q={feed}").text
    for mode in ("keyword", "hybrid"):
        result = site.get(f"/v1/search?q={q}&mode={mode}").json
        assert [each["story"]["id"] for each in result["stories"]] == ["ferry"]
        assert {each["article"]["title"] for each in result["articles"]} <= expected


def test_articles_search_and_changes_have_past_states(sessions: Sessions) -> None:
    """The pier report joined the ferry story, and got its present title, after the past time."""
    past, now = NOW - 2 * HOUR, NOW - HOUR
    with sessions.begin() as session:
        rows = Rows(session)
        quay, post = rows.outlet("quay"), rows.outlet("post")
        ferry = rows.article(quay, "Ferry strikes pier", at=NOW - 6 * HOUR)
        pier = rows.article(post, "Pier closed for ferry", at=NOW - 5 * HOUR)
        rows.article(post, "Ferry sails again", at=now)
        target, merged = rows.story("ferry", [ferry]), rows.story("pier", [pier])
        session.query(StoryVersionRow).delete()
        record_versions(session, ["ferry", "pier"], at=NOW - 4 * HOUR)
        membership = session.query(MembershipRow).filter_by(article_id=pier.id).one()
        membership.valid_until = now
        session.flush()
        rows.membership(target, pier, valid_from=now)
        target.coverage = target.independent = target.articles = 2
        merged.state, merged.merged_into = "merged", "ferry"
        session.flush()
        record_versions(session, ["ferry", "pier"], at=now)
        former = {"title": "Ferry hits pier", "text": "", "body": "", "content_hash": ""}
        session.add(RevisionRow(article_id=pier.id, number=1, replaced_at=now, **former))
    at = f"as_of={quote(past.isoformat())}"
    with serving(sessions, clock=lambda: NOW, model_context=model_context()) as site:
        listed = site.get(f"/v1/articles?{at}&total=true&facets=storyline").json
        shown = [(each["title"], each["story"]["id"]) for each in listed["items"]]
        assert shown == [("Ferry hits pier", "pier"), ("Ferry strikes pier", "ferry")]
        assert listed["total"]["count"] == 2
        exported = site.get(f"/v1/export/articles?{at}&fields=title,story").text.splitlines()
        assert [json.loads(each)["title"] for each in exported] == [title for title, _ in shown]
        assert len(site.get(f"/v1/articles?q=independent:2..&{at}").json["items"]) == 0
        result = site.get(f"/v1/search?q=ferry&mode=keyword&{at}").json
        assert {each["story"]["id"] for each in result["stories"]} == {"ferry", "pier"}
        assert {each["article"]["title"] for each in result["articles"]} == {t for t, _ in shown}
        pieces = [p["text"] for a in result["articles"] for p in a["highlights"]["title"]]
        assert "closed" not in "".join(pieces)
        assert (
            site.get(f"/v1/search?q=ferry%20coverage:2..&mode=keyword&{at}").json["stories"] == []
        )


def test_changes_of_a_past_time_end_with_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        quay = rows.outlet("quay")
        for number, age in enumerate((9, 6, 1)):
            at = NOW - age * HOUR
            rows.story(f"s{number}", [rows.article(quay, "Ferry", at=at)])
        session.query(StoryVersionRow).delete()
        for row in session.query(TransitionRow):
            row.at = session.get_one(StoryRow, row.story_id).emerged_at
            record_versions(session, [row.story_id], at=row.at)
    with serving(sessions, clock=lambda: NOW) as site:
        past = f"as_of={quote((NOW - 3 * HOUR).isoformat())}"
        for q in ("", "q=ferry&"):
            page = site.get(f"/v1/changes?{q}{past}").json
            assert [each["story"] for each in page["items"]] == ["s0", "s1"]
            latest = site.get(f"/v1/changes?since=latest&{past}").json["next"]
            assert (page["next"], page["more"]) == (latest, False)
            rest = site.get(f"/v1/changes?since={page['next']}").json["items"]
            assert [each["story"] for each in rest] == ["s2"]
        assert len(site.get(f"/v1/export/changes?q=ferry&{past}").text.splitlines()) == 2
        stream = site.get("/v1/changes/stream?q=as_of:-2d")
        assert (stream.status, "which follow the present" in stream.text) == (422, True)


def test_page_of_changes_checks_a_bounded_number(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        for name in ("first", "last"):
            rows.story(name, [rows.article(rows.outlet(name), f"The {name} ferry")])
            session.execute(
                text("SELECT setval(pg_get_serial_sequence('transitions', 'id'), :after)"),
                {"after": MAX_CHECKED + 1},
            )
    with serving(sessions) as site:
        first = site.get("/v1/changes?q=last").json
        assert (first["items"], first["next"], first["more"]) == ([], MAX_CHECKED, True)
        rest = site.get(f"/v1/changes?q=last&since={first['next']}").json
        assert ([each["story"] for each in rest["items"]], rest["more"]) == (["last"], False)
        assert len(site.get("/v1/export/changes?q=ferry").text.splitlines()) == 2


def test_changes_of_a_meaning_have_a_similar_report(world: tuple[Site, Sessions]) -> None:
    """The fake encoder maps texts with the same words to similar vectors."""
    site, _ = world
    q = quote('meaning:"ferry strikes pier" since:-4d')
    stories = {each["story"] for each in site.get(f"/v1/changes?q={q}").json["items"]}
    assert "ferry" in stories
    assert not stories & {"tax", "late"}
    stream = site.get(f"/v1/changes/stream?q={q}&since=0&seconds=1").text
    assert '"story":"ferry"' in stream
    assert '"story":"tax"' not in stream


def test_responses_with_relative_times_follow_the_clock(sessions: Sessions) -> None:
    times = [NOW, NOW + timedelta(hours=2)]
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("a", [rows.article(rows.outlet("o"), "A ferry", at=NOW - 23 * HOUR)])
        rows.story("b", [rows.article(rows.outlet("p"), "A tram", at=NOW - HOUR)])
    with serving(sessions, clock=lambda: times[0]) as site:
        assert found(site, "since=-24h") == {"a", "b"}
        times.pop(0)
        assert found(site, "since=-24h") == {"b"}
