"""`/v1/stories/ID/missing`: usual coverage that a story lacks."""

from datetime import timedelta
from typing import Any

from samestory_client import Client
from sqlalchemy import event

from service.store.counts.stored_missing import load_stored_missing, update_stored_missing
from service.store.database.sessions import Sessions
from service.store.editing import actions
from tests.support.database.editor import decide
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import serving

HOUR = timedelta(hours=1)


def fill(sessions: Sessions, similar: int = 30) -> None:
    """Four outlets report every story; the outlet `absent` does not report the last one.

    The outlet `silent` usually reports, but has no article in the time of the last story.
    """
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(slug, country="GB") for slug in ("one", "two", "three")]
        absent = rows.outlet("absent", "The Absent", country="FR", language="fr")
        silent = rows.outlet("silent", country="DE", language="de", family="absent")
        for number in range(similar):
            at = NOW - timedelta(days=9) + number * HOUR
            rows.story(
                f"story{number}",
                [
                    rows.article(each, f"Story {number}", at=at)
                    for each in (*outlets, absent, silent)
                ],
            )
        reports = [rows.article(each, "Ferry", at=NOW - 20 * HOUR) for each in outlets]
        rows.story("ferry", reports)
        rows.article(absent, "Something else", at=NOW)


def missing(sessions: Sessions, story: str = "ferry") -> dict[str, Any]:
    with serving(sessions) as site:
        response = site.get(f"/v1/stories/{story}/missing")
        assert response.status == 200
        content: dict[str, Any] = response.json
        return content


def test_usual_outlets_countries_and_languages_are_listed(sessions: Sessions):
    fill(sessions)
    response = missing(sessions)
    absent = {"value": "absent", "name": "The Absent", "share": 1.0, "stories": 30}
    assert response == {
        "comparable_stories": 30,
        "withheld": None,
        "reason": None,
        "outlets": [absent],
        "families": [{**absent, "name": "Absent"}],
        "countries": [{**absent, "value": "FR", "name": "France"}],
        "languages": [{**absent, "value": "fr", "name": "French"}],
    }


def test_thin_evidence_is_withheld_with_a_reason(sessions: Sessions):
    fill(sessions, similar=10)
    response = missing(sessions)
    assert response["withheld"] == "few_comparable_stories"
    assert response["reason"] == "There are fewer than 20 comparable stories"
    assert response["outlets"] == []


def test_hidden_stories_are_no_evidence(sessions: Sessions):
    fill(sessions, similar=20)
    assert missing(sessions)["comparable_stories"] == 20
    decide(sessions, NOW, lambda session, by: actions.mark_story(session, by, "hide", "story3"))
    assert missing(sessions)["comparable_stories"] == 19
    decide(sessions, NOW, lambda session, by: actions.mark_story(session, by, "hide", "ferry"))
    with serving(sessions) as site:
        assert site.get("/v1/stories/ferry/missing").status == 404


def test_story_that_is_hidden_during_a_run_does_not_end_the_run(sessions: Sessions):
    fill(sessions)
    due = ["ferry"]

    def hide(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if due and statement.startswith("SELECT stories.id") and "story_absences" in statement:
            key = due.pop()
            decide(sessions, NOW, lambda other, by: actions.mark_story(other, by, "hide", key))

    with sessions.begin() as session:
        event.listen(session.get_bind(), "after_cursor_execute", hide)
        update_stored_missing(session, limit=100)
    assert not due
    with sessions() as session:
        assert load_stored_missing(session, ["ferry", "story3"]).keys() == {"story3"}


def test_client_returns_the_missing_coverage(sessions: Sessions):
    fill(sessions)
    with serving(sessions) as site, Client(site.url) as client:
        response = client.missing("ferry")
        assert [each.value for each in response.countries] == ["FR"]
        assert response.withheld is None
