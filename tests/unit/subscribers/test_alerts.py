"""Alerts, purely: which stories match, when they are told of, and when again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.domain.subscribers.alert_preferences import query
from service.domain.subscribers.alerts import Alert, AlertEmail, AlertQuery, StoryIndex, Notification, notices
from service.domain.subscribers.digest_model import DigestReport, DigestStory
from service.domain.subscribers.digest_selection import Filters, named, told
from service.errors import BadInputError
from service.settings.delivery import AlertSettings
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = AlertSettings(
    growth=3.0, max_per_hour=4, recent_hours=24, changed_minutes=60, defer_after_minutes=180
)
#: Long before any report.
EVER = NOW - timedelta(days=9)


def ferry(*outlets: str | DigestReport, **values: object) -> DigestStory:
    facts: dict[str, object] = {
        "told": told("Ferry Halcyon aground", ["rescue"], ["Oriel Vance", "Castelmar"]),
        "names": named(["Oriel Vance", "Castelmar"]),
    }
    return story("Ferry Halcyon aground", outlets or ("daily",), **{**facts, **values})


def alert(number: int = 1, *, since: datetime = EVER, **values: object) -> Alert:
    return Alert(number, AlertQuery(**values), since)  # type: ignore[arg-type]


def tell(
    alerts: list[Alert], *stories: DigestStory, before: tuple[Notification, ...] = (), filters: Filters | None = None
) -> list[AlertEmail]:
    return notices(alerts, StoryIndex(stories), filters or Filters(), before, SETTINGS)


def as_told(notice: AlertEmail) -> Notification:
    ids = frozenset(each.id for each in notice.alerts)
    return Notification(ids, frozenset(notice.card.articles), notice.card.independent, NOW)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (AlertQuery(words=frozenset({"ferry"})), True),
        (AlertQuery(words=frozenset({"FERRY halcyon"})), True),
        (AlertQuery(words=frozenset({"halcyon ferry"})), False),
        (AlertQuery(words=frozenset({"fer"})), False),
        (AlertQuery(words=frozenset({"rescue", "football"})), True),
        (AlertQuery(words=frozenset({"!!"})), False),
        (AlertQuery(entities=frozenset({"oriel vance"})), True),
        (AlertQuery(entities=frozenset({"Vance"})), False),
        (AlertQuery(outlets=frozenset({"daily", "other"})), True),
        (AlertQuery(outlets=frozenset({"other"})), False),
        (AlertQuery(countries=frozenset({"US"})), True),
        (AlertQuery(countries=frozenset({"PL"})), False),
        (AlertQuery(min_independent=2), True),
        (AlertQuery(min_independent=3), False),
        (AlertQuery(words=frozenset({"ferry"}), countries=frozenset({"PL"})), False),
        (AlertQuery(words=frozenset({"ferry"}), entities=frozenset({"Castelmar"})), True),
    ],
)
def test_a_query_asks_for_one_of_each_kind(asked: AlertQuery, *, found: bool):
    stories = StoryIndex([ferry("daily", "herald"), story("Rates rise", ["sun"])])
    assert [each.headline for each in stories.matching(asked)] == ["Ferry Halcyon aground"] * found


def test_a_story_is_told_when_it_first_matches_and_not_again():
    [notice] = tell([alert(words=frozenset({"ferry"}))], ferry("daily"), story("Rates", ["sun"]))
    assert notice.card.headline == "Ferry Halcyon aground"
    assert notice.card.news is None
    again = ferry(*(report("daily", article=each) for each in notice.card.articles))
    before = (as_told(notice),)
    assert tell([alert(words=frozenset({"ferry"}))], again, before=before) == []
    # The same story under another id, as after a merge.
    assert (
        tell([alert(words=frozenset({"ferry"}))], replace(again, id="other"), before=before) == []
    )


def test_it_is_told_again_only_when_it_has_grown_by_the_factor():
    asking = [alert(words=frozenset({"ferry"}))]
    first = report("daily", hours=6)
    [notice] = tell(asking, ferry(first))
    before = (as_told(notice),)
    two = ferry(first, report("herald", hours=2))
    assert tell(asking, two, before=before) == []
    three = ferry(first, report("herald", hours=2), report("gazeta", "Talks", hours=1))
    [grown] = tell(asking, three, before=before)
    assert grown.card.news is not None
    assert (grown.card.news.outlets, grown.card.news.countries) == (2, ("US", "PL"))
    assert grown.card.news.title == "Talks"
    more = ferry(*three.reports, *(report(f"o{n}", hours=0.5) for n in range(5)))
    assert more.independent == 8
    assert tell(asking, more, before=(*before, as_told(grown))) == []
    nine = ferry(*more.reports, report("sun", hours=0.1))
    assert len(tell(asking, nine, before=(*before, as_told(grown)))) == 1


def test_copies_are_no_growth():
    asking = [alert(words=frozenset({"ferry"}))]
    first = report("daily", hours=6)
    before = tuple(map(as_told, tell(asking, ferry(first))))
    copied = ferry(first, *(report(f"o{n}", hours=2, copy=True) for n in range(9)))
    assert tell(asking, copied, before=before) == []


def test_what_matched_before_the_alert_was_made_is_known():
    old, new = report("daily", hours=6), report("herald", hours=2)
    asking = [alert(words=frozenset({"ferry"}), since=NOW - timedelta(hours=4))]
    assert tell(asking, ferry(old)) == []
    assert tell(asking, ferry(old, new)) == []
    [grown] = tell(asking, ferry(old, new, report("sun", hours=1)))
    assert grown.card.news is not None
    assert grown.card.news.since == NOW - timedelta(hours=4)
    # It was there, but too small to match.
    wide = [replace(asking[0], query=AlertQuery(min_independent=2))]
    assert len(tell(wide, ferry(old, new))) == 1


def test_two_alerts_about_one_story_are_one_email():
    asking = [alert(1, words=frozenset({"ferry"})), alert(2, entities=frozenset({"Castelmar"}))]
    [notice] = tell(asking, ferry("daily", "sun"))
    assert [each.id for each in notice.alerts] == [1, 2]
    # A third one that matches at the same coverage has nothing to add; at another it does.
    third = [*asking, alert(3, min_independent=2)]
    same = ferry(
        *(report(n, article=a) for n, a in zip(("daily", "sun"), notice.card.articles, strict=True))
    )
    assert tell(third, same, before=(as_told(notice),)) == []
    [other] = tell(third, ferry(*same.reports, report("wire")), before=(as_told(notice),))
    assert [each.id for each in other.alerts] == [3]


def test_what_somebody_mutes_is_not_told():
    asking = [alert(min_independent=2)]
    both = ferry("daily", "sun")
    assert tell(asking, both, filters=Filters(muted_words=frozenset({"rescue"}))) == []
    assert tell(asking, both, filters=Filters(muted_outlets=frozenset({"sun"}))) == []
    assert len(tell(asking, both)) == 1


def test_the_highest_by_rank_comes_first():
    few, many = story("Rates rise", ["sun"]), story("Cup won", ["daily", "wire", "post"])
    found = tell([alert(outlets=frozenset({"sun", "daily"}))], few, many)
    assert [each.card.headline for each in found] == ["Cup won", "Rates rise"]


def test_queries_are_read_from_words():
    found = query(words="ferry, fishing quota", countries="gb", min_independent=2)
    assert found.words == {"ferry", "fishing quota"}
    assert found.countries == {"GB"}
    assert str(found) == "ferry or fishing quota, from United Kingdom, 2 or more outlets"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "needs a coverage of 2"),
        ({"words": " , "}, "needs a coverage of 2"),
        ({"min_independent": 0}, "1 to 1000"),
        ({"words": "x" * 5000}, "under 4000"),
    ],
)
def test_queries_that_ask_for_nothing_are_refused(given: dict[str, object], reason: str):
    with pytest.raises(BadInputError, match=reason):
        query(**given)  # type: ignore[arg-type]
