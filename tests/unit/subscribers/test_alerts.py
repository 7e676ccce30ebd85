"""Alerts: matching stories, first emails and emails about growth."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import (
    Alert,
    AlertConditions,
    AlertEmail,
    Notification,
    build_alert_emails,
    find_matches,
)
from service.domain.subscribers.digests.stories import DigestReport, DigestStory
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.errors import BadInputError
from service.settings.sections.delivery import AlertSettings
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = AlertSettings(
    growth=3.0, max_per_hour=4, recent_hours=24, changed_minutes=60, defer_after_minutes=180
)
#: Long before any report.
LONG_AGO = NOW - timedelta(days=9)


def ferry(*outlets: str | DigestReport, **values: object) -> DigestStory:
    defaults: dict[str, object] = {
        "keywords": ("rescue",),
        "names": ("Oriel Vance", "Castelmar"),
    }
    return story("Ferry Halcyon aground", outlets or ("daily",), **{**defaults, **values})


def alert(number: int = 1, *, since: datetime = LONG_AGO, **values: object) -> Alert:
    return Alert(number, AlertConditions(**values), since)  # type: ignore[arg-type]


def new_emails(
    alerts: list[Alert],
    *stories: DigestStory,
    before: tuple[Notification, ...] = (),
    filters: Filters | None = None,
) -> list[AlertEmail]:
    return build_alert_emails(alerts, StoryIndex(stories), filters or Filters(), before, SETTINGS)


def notification_of(email: AlertEmail) -> Notification:
    ids = frozenset(each.id for each in email.alerts)
    return Notification(ids, frozenset(email.card.articles), email.card.independent, NOW)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (AlertConditions(words=frozenset({"ferry"})), True),
        (AlertConditions(words=frozenset({"FERRY halcyon"})), True),
        (AlertConditions(words=frozenset({"halcyon ferry"})), False),
        (AlertConditions(words=frozenset({"fer"})), False),
        (AlertConditions(words=frozenset({"rescue", "football"})), True),
        (AlertConditions(words=frozenset({"!!"})), False),
        (AlertConditions(entities=frozenset({"oriel vance"})), True),
        (AlertConditions(entities=frozenset({"Vance"})), False),
        (AlertConditions(outlets=frozenset({"daily", "other"})), True),
        (AlertConditions(outlets=frozenset({"other"})), False),
        (AlertConditions(countries=frozenset({"US"})), True),
        (AlertConditions(countries=frozenset({"PL"})), False),
        (AlertConditions(min_independent=2), True),
        (AlertConditions(min_independent=3), False),
        (AlertConditions(words=frozenset({"ferry"}), countries=frozenset({"PL"})), False),
        (AlertConditions(words=frozenset({"ferry"}), entities=frozenset({"Castelmar"})), True),
    ],
)
def test_conditions_match_one_value_of_each_field(conditions: AlertConditions, *, expected: bool):
    stories = StoryIndex([ferry("daily", "herald"), story("Rates rise", ["sun"])])
    found = [each.headline for each in find_matches(stories, conditions)]
    assert found == (["Ferry Halcyon aground"] if expected else [])


@pytest.mark.parametrize("language", ["en", ""])
def test_word_matches_its_forms_also_in_a_title_of_unknown_language(language: str) -> None:
    found = report("daily", "Two ferries sail", language=language)
    index = StoryIndex([ferry(found)])
    assert find_matches(index, AlertConditions(words=frozenset({"sailing"})))
    assert find_matches(index, AlertConditions(words=frozenset({"two férry"})))
    assert not find_matches(index, AlertConditions(words=frozenset({"sailor"})))


def test_first_match_triggers_one_email():
    [email] = new_emails(
        [alert(words=frozenset({"ferry"}))], ferry("daily"), story("Rates", ["sun"])
    )
    assert email.card.headline == "Ferry Halcyon aground"
    assert email.card.news is None
    again = ferry(*(report("daily", article=each) for each in email.card.articles))
    before = (notification_of(email),)
    assert new_emails([alert(words=frozenset({"ferry"}))], again, before=before) == []
    # The same story with another id, as after a merge.
    assert (
        new_emails([alert(words=frozenset({"ferry"}))], replace(again, id="other"), before=before)
        == []
    )


def test_growth_by_the_factor_triggers_another_email():
    alerts = [alert(words=frozenset({"ferry"}))]
    first = report("daily", hours=6)
    [email] = new_emails(alerts, ferry(first))
    before = (notification_of(email),)
    two = ferry(first, report("herald", hours=2))
    assert new_emails(alerts, two, before=before) == []
    three = ferry(first, report("herald", hours=2), report("gazeta", "Talks", hours=1))
    [grown] = new_emails(alerts, three, before=before)
    assert grown.card.news is not None
    assert (grown.card.news.outlets, grown.card.news.countries) == (2, ("US", "PL"))
    assert grown.card.news.title == "Talks"
    more = ferry(*three.reports, *(report(f"o{n}", hours=0.5) for n in range(5)))
    assert more.independent == 8
    assert new_emails(alerts, more, before=(*before, notification_of(grown))) == []
    nine = ferry(*more.reports, report("sun", hours=0.1))
    assert len(new_emails(alerts, nine, before=(*before, notification_of(grown)))) == 1


def test_copies_do_not_count_as_growth():
    alerts = [alert(words=frozenset({"ferry"}))]
    first = report("daily", hours=6)
    before = tuple(map(notification_of, new_emails(alerts, ferry(first))))
    copied = ferry(first, *(report(f"o{n}", hours=2, copy=True) for n in range(9)))
    assert new_emails(alerts, copied, before=before) == []


def test_earlier_match_triggers_only_on_growth():
    old, new = report("daily", hours=6), report("herald", hours=2)
    alerts = [alert(words=frozenset({"ferry"}), since=NOW - timedelta(hours=4))]
    assert new_emails(alerts, ferry(old)) == []
    assert new_emails(alerts, ferry(old, new)) == []
    [grown] = new_emails(alerts, ferry(old, new, report("sun", hours=1)))
    assert grown.card.news is not None
    assert grown.card.news.since == NOW - timedelta(hours=4)
    # The story existed, but its coverage was too low to match.
    wide = [replace(alerts[0], conditions=AlertConditions(min_independent=2))]
    assert len(new_emails(wide, ferry(old, new))) == 1


def test_two_alerts_for_one_story_send_one_email():
    alerts = [alert(1, words=frozenset({"ferry"})), alert(2, entities=frozenset({"Castelmar"}))]
    [email] = new_emails(alerts, ferry("daily", "sun"))
    assert [each.id for each in email.alerts] == [1, 2]
    # A third alert triggers an email only at a higher coverage.
    third = [*alerts, alert(3, min_independent=2)]
    same = ferry(
        *(report(n, article=a) for n, a in zip(("daily", "sun"), email.card.articles, strict=True))
    )
    assert new_emails(third, same, before=(notification_of(email),)) == []
    [other] = new_emails(
        third, ferry(*same.reports, report("wire")), before=(notification_of(email),)
    )
    assert [each.id for each in other.alerts] == [3]


def test_muted_story_triggers_no_email():
    alerts = [alert(min_independent=2)]
    both = ferry("daily", "sun")
    assert new_emails(alerts, both, filters=Filters(muted_words=frozenset({"rescue"}))) == []
    assert new_emails(alerts, both, filters=Filters(muted_outlets=frozenset({"sun"}))) == []
    assert len(new_emails(alerts, both)) == 1


def test_emails_are_sorted_by_rank():
    small, large = story("Rates rise", ["sun"]), story("Cup won", ["daily", "wire", "post"])
    emails = new_emails([alert(outlets=frozenset({"sun", "daily"}))], small, large)
    assert [each.card.headline for each in emails] == ["Cup won", "Rates rise"]


def test_conditions_are_parsed_from_text():
    conditions = parse_conditions(words="ferry, fishing quota", countries="gb", min_independent=2)
    assert conditions.words == {"ferry", "fishing quota"}
    assert conditions.countries == {"GB"}
    assert str(conditions) == (
        "ferry or fishing quota, from United Kingdom, 2 or more independent outlets"
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "or at least 2 independent outlets"),
        ({"words": " , "}, "or at least 2 independent outlets"),
        ({"min_independent": 0}, "1 to 1000"),
        ({"words": "x" * 5000}, "at most 4000"),
    ],
)
def test_empty_or_invalid_conditions_are_rejected(given: dict[str, object], reason: str):
    with pytest.raises(BadInputError, match=reason):
        parse_conditions(**given)  # type: ignore[arg-type]
