"""Rendering of alert emails, and of deferred alerts in a digest."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import AlertEmail, AlertLabel, preview_alert_email
from service.domain.subscribers.digests.editions import Digest, StoryUpdate
from service.domain.subscribers.filters import Filters
from service.mail.render import AlertMessage, DigestMessage, RenderedEmail
from tests.support.content.digest_stories import NOW, report, story
from tests.unit.mail.test_digest_rendering import (
    DROPPED,
    HOSTILE,
    LINKS,
    renderer,
    seen_text,
)

ALERT_LINKS = replace(LINKS, alert="https://news.example/a")
UTC = ZoneInfo("UTC")


def alert_email(*outlets: str, headline: str = "Ferry aground", words: str = "ferry") -> AlertEmail:
    return preview_alert_email(
        story(headline, outlets or ("daily",)), parse_conditions(words=words), Filters()
    )


def render(content: AlertEmail, *, late: bool = False) -> RenderedEmail:
    message = AlertMessage(content, NOW, UTC, late=late)
    return renderer().alert(message, "reader@b.example", ALERT_LINKS)


def with_update(content: AlertEmail) -> AlertEmail:
    news = StoryUpdate(NOW - timedelta(hours=3), 1, ("PL",), "Talks fail", "Gazeta")
    return replace(content, card=replace(content.card, news=news))


def test_html_and_text_are_complete():
    rendered = render(alert_email("daily", "sun", words="ferry, harbour"))
    assert rendered.subject == "Ferry aground"
    for text in (seen_text(rendered.html), rendered.text):
        assert "ferry or harbour" in text
        assert "Ferry aground" in text
        assert "officials said on Monday" in text
        assert "1 Quay Street" in text
        assert "delay" not in text
    for address in ("a", "p", "i", "u"):
        assert f"https://news.example/{address}\n" in rendered.text
        assert f'href="https://news.example/{address}"' in rendered.html


def test_update_has_own_subject_and_describes_the_growth():
    rendered = render(with_update(alert_email("daily", "sun")), late=True)
    assert rendered.subject == "Now 2 outlets: Ferry aground"
    for text in (seen_text(rendered.html), rendered.text):
        assert "tory update" in text
        assert "Since 03:00: 1 more independent outlet, including the first from Poland" in text
        assert "This alert was due at 06:00. We are sorry for the delay." in text


def test_hostile_text_is_escaped():
    bad = story(HOSTILE, [report("daily", HOSTILE, name=HOSTILE, url="javascript:x()")])
    content = replace(
        preview_alert_email(bad, parse_conditions(words="x"), Filters()),
        alerts=(AlertLabel(1, HOSTILE),),
    )
    rendered = render(content)
    assert "<script" not in rendered.html
    assert "<img" not in rendered.html
    assert "javascript:" not in rendered.html + rendered.text
    assert seen_text(rendered.html).count("{{ 7 * 7 }}") >= 2


def test_html_uses_no_tag_dropped_by_mail_clients():
    html = render(with_update(alert_email("daily", "sun"))).html
    assert not [tag for tag in DROPPED if f"<{tag}" in html]
    assert html.count("<style") == 1
    assert "http-equiv" not in html


def test_digest_lists_deferred_alerts():
    match = alert_email("daily", "sun", words="ferry, harbour").deferred_match
    message = DigestMessage(Digest(alerts=(match,)), date(2023, 4, 25), NOW, UTC)
    rendered = renderer().digest(message, "reader@b.example", LINKS)
    assert rendered.subject == "Ferry aground"
    for text in (seen_text(rendered.html), rendered.text):
        assert "2 outlets" in text
        assert "ferry or harbour" in text
        assert "Nothing new" not in text


@pytest.mark.parametrize("outlets", [("daily",), ("daily", "sun")])
def test_headline_and_button_link_to_the_story(outlets: tuple[str, ...]):
    rendered = render(alert_email(*outlets))
    assert rendered.html.count('href="https://news.example/stories/ferry-aground') == 2


def test_plain_text_has_short_links():
    email = alert_email("daily")
    long_url = "https://daily.example/" + "a-very-long-path/" * 9
    text = render(replace(email, card=replace(email.card, slug="a-slug", url=long_url))).text
    assert "https://news.example/stories/ferry-aground\n" in text
    assert "a-slug" not in text
    assert long_url not in text
    assert max(len(line) for line in text.splitlines() if line.startswith("http")) < 80
