"""Notices of alerts, and alerts within an issue, as they are written."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.domain.subscribers.alert_preferences import query
from service.domain.subscribers.alerts import Asked, Notice, as_notice
from service.domain.subscribers.digest_model import Digest, News
from service.domain.subscribers.digest_selection import Taste
from service.mail.render import Issue, Rendered, Telling
from tests.support.content.digest_stories import NOW, report, story
from tests.unit.subscribers.test_digest_rendering import (
    DROPPED,
    HOSTILE,
    LINKS,
    renderer,
    seen_text,
)

LINKS_OF_ALERT = replace(LINKS, alert="https://news.example/a")
UTC = ZoneInfo("UTC")


def notice(*outlets: str, headline: str = "Ferry aground", words: str = "ferry") -> Notice:
    return as_notice(story(headline, outlets or ("daily",)), query(words=words), Taste())


def written(told: Notice, *, late: bool = False) -> Rendered:
    telling = Telling(told, NOW, UTC, late=late)
    return renderer().notice(telling, "reader@b.example", LINKS_OF_ALERT)


def grown(told: Notice) -> Notice:
    news = News(NOW - timedelta(hours=3), 1, ("PL",), "Talks fail", "Gazeta")
    return replace(told, card=replace(told.card, news=news))


def test_both_parts_say_everything():
    found = written(notice("daily", "sun", words="ferry, harbour"))
    assert found.subject == "Ferry aground"
    for text in (seen_text(found.html), found.text):
        assert "ferry or harbour" in text
        assert "Ferry aground" in text
        assert "officials said on Monday" in text
        assert "1 Quay Street" in text
        assert "late" not in text
    for address in ("a", "p", "i", "u"):
        assert f"https://news.example/{address}\n" in found.text
        assert f'href="https://news.example/{address}"' in found.html


def test_a_story_that_grew_has_a_subject_of_its_own_and_says_what_is_new():
    found = written(grown(notice("daily", "sun")), late=True)
    assert found.subject == "Now 2 outlets: Ferry aground"
    for text in (seen_text(found.html), found.text):
        assert "tory grew" in text
        assert "Since 03:00: 1 more outlet, the first from Poland" in text
        assert "This was noticed at 06:00 and comes late" in text


def test_hostile_texts_stay_texts():
    bad = story(HOSTILE, [report("daily", HOSTILE, name=HOSTILE, url="javascript:x()")])
    told = replace(as_notice(bad, query(words="x"), Taste()), alerts=(Asked(1, HOSTILE),))
    found = written(told)
    assert "<script" not in found.html
    assert "<img" not in found.html
    assert "javascript:" not in found.html + found.text
    assert seen_text(found.html).count("{{ 7 * 7 }}") >= 2


def test_nothing_that_mail_clients_drop_is_used():
    html = written(grown(notice("daily", "sun"))).html
    assert not [tag for tag in DROPPED if f"<{tag}" in html]
    assert html.count("<style") == 1
    assert "http-equiv" not in html


def test_an_issue_lists_what_alerts_left_to_it():
    told = notice("daily", "sun", words="ferry, harbour")
    issue = Issue(Digest(alerts=(told.match,)), date(2023, 4, 25), NOW, UTC)
    found = renderer().digest(issue, "reader@b.example", LINKS)
    assert found.subject == "Ferry aground"
    for text in (seen_text(found.html), found.text):
        assert "2 outlets" in text
        assert "ferry or harbour" in text
        assert "Nothing new" not in text


@pytest.mark.parametrize("outlets", [("daily",), ("daily", "sun")])
def test_the_story_is_one_click_away(outlets: tuple[str, ...]):
    found = written(notice(*outlets))
    assert found.html.count('href="https://news.example/stories/ferry-aground') == 2
