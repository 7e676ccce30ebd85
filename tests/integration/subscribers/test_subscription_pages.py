"""Pages of subscribers: signed links, one click without cookies, double opt-in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.subscribers import digest_selection
from service.domain.subscribers.digest_model import Digest
from service.domain.subscribers.digest_schedule import DueDate
from service.domain.subscribers.digest_selection import History, Filters
from service.mail.signed_links import LinkSigner, number_of, token
from service.settings.delivery import DigestSettings
from service.store.database.sessions import Sessions
from service.store.subscribers import editions, link_keys, subscribers
from service.store.subscribers.digest_stories import digest_stories
from service.store.subscribers.subscribers import Subscriber
from service.store.tables import EditionRow
from tests.support.content.subscribers import DAILY, DUE, report_news
from tests.support.servers.site import Answer, Site, serving

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with serving(sessions, clock=lambda: DUE) as running:
        yield running


@pytest.fixture
def reader(sessions: Sessions) -> Subscriber:
    """Somebody who has not confirmed yet."""
    with sessions.begin() as session:
        return subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)


def path(sessions: Sessions, purpose: str, number: int) -> str:
    with sessions.begin() as session:
        key = link_keys.ensure(session, link_keys.LINKS, now=DUE)
    return f"/digest/{purpose}/{token(key, purpose, number)}"


def post(site: Site, where: str, body: str = "") -> Answer:
    return site.get(where, method="POST", headers=FORM, body=body.encode())


def now(sessions: Sessions, reader: Subscriber) -> Subscriber:
    with sessions.begin() as session:
        return subscribers.get(session, reader.id)


def test_opening_the_link_confirms_nothing_the_button_does(
    site: Site, sessions: Sessions, reader: Subscriber
):
    where = path(sessions, "confirm", reader.id)
    assert "Yes, subscribe" in site.page(where).text
    assert now(sessions, reader).state == "pending"
    answer = post(site, where)
    assert answer.status == 200
    assert "You are subscribed" in answer.text
    assert "/digest/preferences/" in answer.text
    assert now(sessions, reader).state == "active"
    assert "You are subscribed" in site.page(where).text


def test_one_click_unsubscribes_without_cookies(site: Site, sessions: Sessions, reader: Subscriber):
    post(site, path(sessions, "confirm", reader.id))
    where = path(sessions, "unsubscribe", reader.id)
    assert "Yes, stop it" in site.page(where).text
    assert now(sessions, reader).state == "active"
    for _ in range(2):
        answer = post(site, where, "List-Unsubscribe=One-Click")
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
    assert now(sessions, reader).state == "stopped"
    assert now(sessions, reader).stop_reason == "unsubscribed"
    # An old confirmation link does not bring it back.
    post(site, path(sessions, "confirm", reader.id))
    assert now(sessions, reader).state == "stopped"


def test_one_click_may_come_as_multipart(site: Site, sessions: Sessions, reader: Subscriber):
    body = (
        '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--'
    )
    answer = site.get(
        path(sessions, "unsubscribe", reader.id),
        method="POST",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        body=body.encode(),
    )
    assert answer.status == 200
    assert now(sessions, reader).state == "stopped"


def test_preferences_are_shown_and_kept(site: Site, sessions: Sessions, reader: Subscriber):
    where = path(sessions, "preferences", reader.id)
    assert '<option value="7" selected>' in site.page(where).text
    answer = post(
        site,
        where,
        "hour=19&zone=Asia%2FTokyo&days=mon&days=fri&min_independent=3&language=de"
        "&muted_words=football%2C+cup+final&followed_countries=gb&languages=",
    )
    assert answer.status == 303
    assert "Saved." in site.page(answer.headers["location"]).text
    found = now(sessions, reader)
    assert (found.schedule.time_zone.key, found.schedule.hour) == ("Asia/Tokyo", 19)
    assert found.schedule.days == {1, 5}
    assert found.filters.muted_words == {"football", "cup final"}
    assert found.filters.followed_countries == {"GB"}
    assert (found.filters.min_independent, found.filters.language) == (3, "de")
    assert 'value="cup final, football"' in site.page(where).text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("hour=24&zone=UTC&days=mon", "24 is no hour"),
        ("hour=x&zone=UTC&days=mon", "no whole number"),
        ("zone=Europe/Berln&days=mon", "did you mean Europe/Berlin?"),
        ("zone=UTC", "are no days"),
        ("language=klingon", "Invalid language"),
        ("min_independent=0", "1 to 1000"),
        (f"muted_words={'x' * 5000}", "under 4000"),
        ("muted_words=a%00b", "printable"),
    ],
)
def test_bad_wishes_are_named_and_nothing_is_kept(
    site: Site, sessions: Sessions, reader: Subscriber, body: str, reason: str
):
    answer = post(site, path(sessions, "preferences", reader.id), body)
    assert answer.status == 422
    assert reason in answer.text
    assert now(sessions, reader) == reader


def test_a_form_that_is_too_large_is_refused(site: Site, sessions: Sessions, reader: Subscriber):
    answer = post(site, path(sessions, "preferences", reader.id), "x=" + "y" * 100_000)
    assert answer.status == 413


def test_links_hold_for_one_purpose_and_one_reader(
    site: Site, sessions: Sessions, reader: Subscriber
):
    signed = path(sessions, "preferences", reader.id).rpartition("/")[2]
    other = path(sessions, "unsubscribe", reader.id + 1).rpartition("/")[2]
    for wrong in (signed, other, f"{reader.id}-", f"{reader.id}", "x", signed[:-1], "9" * 90):
        assert post(site, f"/digest/unsubscribe/{wrong}").status == 404
    assert now(sessions, reader).state == "pending"
    assert site.page("/digest/issues/1-abc").status == 404


def test_pages_of_a_reader_are_private(site: Site, sessions: Sessions, reader: Subscriber):
    answer = site.page(path(sessions, "preferences", reader.id))
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


def test_an_issue_can_be_read_on_the_web(site: Site, sessions: Sessions, reader: Subscriber):
    headline = report_news(sessions, DUE - timedelta(hours=2))
    settings = DigestSettings(max_stories=5, max_updates=3, max_low_coverage=2, max_first_reports=3, low_coverage_outlets=1, new_outlets=2)
    with sessions.begin() as session:
        stories = digest_stories(session, since=DUE - timedelta(days=1), limit=10)
        chosen = digest_selection.choose(stories, Filters(), History(DUE - timedelta(days=1)), settings)
        for number, each in enumerate((chosen, Digest())):
            day = DUE + timedelta(days=number)
            editions.make(
                session, reader.id, DueDate(day.date(), day), each, now=day, late=bool(number)
            )
        [issue] = session.scalars(select(EditionRow.id).where(EditionRow.state == "waiting"))
    text = site.page(path(sessions, "issues", issue)).text
    assert headline in text
    assert "2023-04-26" in text
    assert "nothing new" in site.page(path(sessions, "issues", issue + 1)).text


def test_tokens_are_read_only_as_they_were_made():
    key = b"k" * 32
    assert number_of(key, "confirm", token(key, "confirm", 7)) == 7
    assert number_of(key, "confirm", token(key, "unsubscribe", 7)) is None
    assert number_of(b"x" * 32, "confirm", token(key, "confirm", 7)) is None
    assert number_of(key, "confirm", "٧" + token(key, "confirm", 7)[1:]) is None
    links = LinkSigner("https://news.example", key).links(7, 3)
    assert len({links.confirm, links.preferences, links.unsubscribe, links.archive}) == 4
