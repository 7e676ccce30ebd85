"""Active outlets without a report, counted for a list of stories."""

from datetime import timedelta

import pytest

from service.domain.queries.conditions import EVERYTHING
from service.store.counts.missing_coverage import list_catalogued_outlets
from service.store.counts.silent_outlets import SilentCount, count_silent_outlets
from service.store.database.sessions import Sessions
from service.store.stories.surroundings import Surroundings, replace_surroundings
from service.store.story_views.views import list_stories
from tests.support.database.rows import NOW, Rows

QUAY = SilentCount(2, 1, (("quay", "Quay"),))


def count(sessions: Sessions, *, examples: int = 9) -> dict[str, SilentCount]:
    with sessions() as session:
        stories = list_stories(session, EVERYTHING).items
        return count_silent_outlets(session, stories, examples=examples)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([0], QUAY),
        ([-23], QUAY),
        ([23], QUAY),
        ([-25], SilentCount(1, 0, ())),
        ([25], SilentCount(1, 0, ())),
        ([-25, 25], SilentCount(1, 0, ())),
        ([0, 25], QUAY),
    ],
)
def test_an_outlet_is_active_with_an_article_around_the_story(
    sessions: Sessions, hours: list[int], expected: SilentCount
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("wire"), "Ferry strikes pier", at=NOW)])
        quay = rows.outlet("quay")
        for each in hours:
            rows.article(quay, "Tax bill passes", at=NOW + timedelta(hours=each))
    assert count(sessions) == {"ferry": expected}


def test_counts_of_old_and_recent_stories_are_those_of_the_story_page(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(f"o{number}") for number in range(7)]
        for number in range(12):
            at = NOW + timedelta(hours=17 * number)
            members = [
                rows.article(outlets[(number * each) % 7], f"Event {number}", at=at)
                for each in (1, 3)
            ]
            rows.story(f"story{number}", members)
    found = count(sessions)
    assert len({each.silent for each in found.values()}) > 1
    with sessions() as session:
        for story in list_stories(session, EVERYTHING).items:
            times = story.first_reported_at, story.last_reported_at
            active = {each.slug for each in list_catalogued_outlets(session, *times) if each.active}
            silent = active - {each.outlet.slug for each in story.reports}
            assert found[story.id].active == len(active)
            assert {slug for slug, _ in found[story.id].examples} == silent


def test_frequent_outlets_are_the_first_examples(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("wire"), "Ferry strikes pier")])
        for slug in ("a", "b", "c"):
            rows.article(rows.outlet(slug), "Tax bill passes")
        replace_surroundings(session, {"ferry": Surroundings(absent_outlets=("c",))})
    [found] = count(sessions, examples=2).values()
    assert found == SilentCount(4, 3, (("c", "C"), ("a", "A")))
