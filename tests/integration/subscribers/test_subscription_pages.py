"""Subscriber pages: token links, double opt-in, one-click unsubscribe, preferences."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.subscribers.digests import selection
from service.domain.subscribers.digests.editions import Digest
from service.domain.subscribers.digests.schedule import DueDate
from service.domain.subscribers.digests.selection import History
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.errors import SuppressedAddressError
from service.mail.signed_links import LinkSigner, Token, last_day_of, sign_token, verify_token
from service.settings import load as settings_module
from service.settings.sections.delivery import DigestSettings
from service.store.database.sessions import Sessions
from service.store.subscribers import editions, link_keys, subscribers, suppression
from service.store.subscribers.digest_stories import load_digest_stories
from service.store.subscribers.subscribers import Subscriber
from service.store.tables import EditionRow
from tests.support.content.subscribers import DAILY, DUE, report_news
from tests.support.servers.site import Site, SiteResponse, serving

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    with serving(sessions, clock=lambda: DUE) as running:
        yield running


@pytest.fixture
def subscriber(sessions: Sessions) -> Subscriber:
    """A pending subscriber."""
    with sessions.begin() as session:
        return subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)


def path(sessions: Sessions, purpose: str, number: int, page: str = "") -> str:
    with sessions.begin() as session:
        key = link_keys.ensure_key(session, now=DUE)
    return f"/digest/{page or purpose}/{sign_token(key, purpose, number, last_day_of(DUE, 400))}"


def post(site: Site, where: str, body: str = "") -> SiteResponse:
    return site.get(where, method="POST", headers=FORM, body=body.encode())


def reload(sessions: Sessions, subscriber: Subscriber) -> Subscriber:
    with sessions.begin() as session:
        return subscribers.get(session, subscriber.id)


def test_confirmation_needs_the_button(site: Site, sessions: Sessions, subscriber: Subscriber):
    where = path(sessions, "confirm", subscriber.id)
    assert "Yes, subscribe" in site.page(where).text
    assert reload(sessions, subscriber).state == "pending"
    response = post(site, where)
    assert response.status == 200
    assert "You are subscribed" in response.text
    assert "/digest/preferences/" in response.text
    assert reload(sessions, subscriber).state == "active"
    assert "You are subscribed" in site.page(where).text


def test_one_click_unsubscribes_without_cookies(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    post(site, path(sessions, "confirm", subscriber.id))
    where = path(sessions, "unsubscribe", subscriber.id)
    assert "Yes, unsubscribe" in site.page(where).text
    assert reload(sessions, subscriber).state == "active"
    for _ in range(2):
        response = post(site, where, "List-Unsubscribe=One-Click")
        assert response.status == 200
        assert "set-cookie" not in response.headers
    assert reload(sessions, subscriber).state == "stopped"
    assert reload(sessions, subscriber).stop_reason == "unsubscribed"
    # An old confirmation link does not reactivate the subscription.
    post(site, path(sessions, "confirm", subscriber.id))
    assert reload(sessions, subscriber).state == "stopped"


def test_one_click_accepts_multipart(site: Site, sessions: Sessions, subscriber: Subscriber):
    body = (
        '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--'
    )
    response = site.get(
        path(sessions, "unsubscribe", subscriber.id),
        method="POST",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        body=body.encode(),
    )
    assert response.status == 200
    assert reload(sessions, subscriber).state == "stopped"


def test_preferences_are_shown_and_saved(site: Site, sessions: Sessions, subscriber: Subscriber):
    where = path(sessions, "preferences", subscriber.id)
    assert '<option value="7" selected>' in site.page(where).text
    response = post(
        site,
        where,
        "hour=19&time_zone=Asia%2FTokyo&days=mon&days=fri&min_independent=3&language=de"
        "&muted_words=football%2C+cup+final&followed_countries=gb&languages=",
    )
    assert response.status == 303
    assert "Saved." in site.page(response.headers["location"]).text
    saved = reload(sessions, subscriber)
    assert (saved.schedule.time_zone.key, saved.schedule.hour) == ("Asia/Tokyo", 19)
    assert saved.schedule.days == {1, 5}
    assert saved.filters.muted_words == {"football", "cup final"}
    assert saved.filters.followed_countries == {"GB"}
    assert (saved.filters.min_independent, saved.filters.language) == (3, "de")
    assert 'value="cup final, football"' in site.page(where).text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("hour=24&time_zone=UTC&days=mon", "Invalid hour 24"),
        ("hour=x&time_zone=UTC&days=mon", "Invalid number"),
        ("time_zone=Europe/Berln&days=mon", "did you mean Europe/Berlin?"),
        ("time_zone=UTC", "choose one or more of mon, tue"),
        ("language=klingon", "Invalid language"),
        ("min_independent=0", "1 to 1000"),
        (f"muted_words={'x' * 5000}", "at most 4000"),
        ("muted_words=a%00b", "printable"),
    ],
)
def test_invalid_preferences_return_422_and_save_nothing(
    site: Site, sessions: Sessions, subscriber: Subscriber, body: str, reason: str
):
    response = post(site, path(sessions, "preferences", subscriber.id), body)
    assert response.status == 422
    assert reason in response.text
    assert reload(sessions, subscriber) == subscriber


def test_large_form_returns_413(site: Site, sessions: Sessions, subscriber: Subscriber):
    response = post(site, path(sessions, "preferences", subscriber.id), "x=" + "y" * 100_000)
    assert response.status == 413


def test_link_works_for_one_purpose_and_subscriber(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    token = path(sessions, "preferences", subscriber.id).rpartition("/")[2]
    other = path(sessions, "unsubscribe", subscriber.id + 1).rpartition("/")[2]
    for wrong in (token, other, f"{subscriber.id}-", f"{subscriber.id}", "x", token[:-1], "9" * 90):
        assert post(site, f"/digest/unsubscribe/{wrong}").status == 404
    assert reload(sessions, subscriber).state == "pending"
    assert site.page("/digest/editions/1-abc").status == 404


def test_pages_are_private(site: Site, sessions: Sessions, subscriber: Subscriber):
    response = site.page(path(sessions, "preferences", subscriber.id))
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["x-robots-tag"] == "noindex"


def test_edition_has_a_web_page(site: Site, sessions: Sessions, subscriber: Subscriber):
    headline = report_news(sessions, DUE - timedelta(hours=2))
    settings = DigestSettings(
        max_stories=5,
        max_updates=3,
        max_low_coverage=2,
        max_first_reports=3,
        low_coverage_outlets=1,
        new_outlets=2,
    )
    with sessions.begin() as session:
        stories = load_digest_stories(session, since=DUE - timedelta(days=1), limit=10)
        digest = selection.select_stories(
            StoryIndex(stories), Filters(), History(DUE - timedelta(days=1)), settings
        )
        for number, each in enumerate((digest, Digest())):
            day = DUE + timedelta(days=number)
            editions.add(
                session, subscriber.id, DueDate(day.date(), day), each, now=day, late=bool(number)
            )
        [edition_id] = session.scalars(select(EditionRow.id).where(EditionRow.state == "waiting"))
    text = site.page(path(sessions, "editions", edition_id)).text
    assert headline in text
    assert "2023-04-26" in text
    assert "Nothing new" in site.page(path(sessions, "editions", edition_id + 1)).text


def test_former_edition_link_redirects(site: Site, sessions: Sessions):
    response = site.page(path(sessions, "issues", 7))
    assert (response.status, response.headers["location"]) == (308, path(sessions, "editions", 7))
    assert site.page(path(sessions, "issues", 7) + "x").status == 404


def test_token_is_verified():
    key, day = b"k" * 32, date(2027, 1, 3)
    for last_day in (None, day):
        token = sign_token(key, "confirm", 7, last_day)
        assert verify_token(key, "confirm", token) == Token(7, last_day)
        assert verify_token(key, "unsubscribe", token) is None
        assert verify_token(b"x" * 32, "confirm", token) is None
        assert verify_token(key, "confirm", "٧" + token[1:]) is None
        assert verify_token(key, "confirm", token.replace("7", "8", 1)) is None
    later = sign_token(key, "confirm", 7, day).replace(".20821-", ".20822-")
    assert verify_token(key, "confirm", later) is None
    assert not Token(7, day).has_expired(datetime(2027, 1, 3, 23, 59, tzinfo=UTC))
    assert Token(7, day).has_expired(datetime(2027, 1, 4, tzinfo=UTC))
    mail = settings_module.load({}).mail
    links = LinkSigner.at(DUE, "https://news.example", key, mail).links(7, 3)
    assert len({links.confirm, links.preferences, links.unsubscribe, links.archive}) == 4


def test_expired_link_returns_410_and_changes_nothing(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    with sessions.begin() as session:
        key = link_keys.ensure_key(session, now=DUE)
    mail = settings_module.load({}).mail
    for age, status in ((timedelta(days=15), 410), (timedelta(days=13), 200)):
        links = LinkSigner.at(DUE - age, "", key, mail).links(subscriber.id)
        response = post(site, links.confirm)
        assert response.status == status
        if status == 410:
            assert "has expired" in response.text
            assert reload(sessions, subscriber).state == "pending"
    assert reload(sessions, subscriber).state == "active"
    assert post(site, links.unsubscribe).status == 200


def test_link_of_an_earlier_request_confirms_nothing_and_says_so(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    former = path(sessions, "confirm", subscriber.id)
    post(site, former)
    post(site, path(sessions, "unsubscribe", subscriber.id))
    with sessions.begin() as session:
        again = subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)
    assert (again.id, again.request_number) == (subscriber.id, 2)
    for response in (site.page(former), post(site, former)):
        assert response.status == 410
        assert "belongs to an earlier request and changed nothing" in response.text
    assert reload(sessions, subscriber).state == "pending"
    assert post(site, path(sessions, "confirm.2", subscriber.id, "confirm")).status == 200
    assert reload(sessions, subscriber).state == "active"


def test_link_of_a_removed_subscriber_says_so(
    site: Site, sessions: Sessions, subscriber: Subscriber
):
    with sessions.begin() as session:
        subscribers.remove(session, subscriber.id)
    for purpose in ("confirm", "preferences", "unsubscribe"):
        response = site.page(path(sessions, purpose, subscriber.id))
        assert response.status == 404
        assert "This subscription was deleted; no emails are sent" in response.text


def test_complaint_during_a_confirmation_is_final(sessions: Sessions, subscriber: Subscriber):
    with sessions.begin() as confirming:
        assert subscribers.get(confirming, subscriber.id).state == "pending"
        with sessions.begin() as session:
            subscribers.stop(session, subscriber.id, "abuse", now=DUE, complaint=True)
        subscribers.confirm(confirming, subscriber.id, now=DUE)
    assert reload(sessions, subscriber).stop_reason == "abuse"
    assert reload(sessions, subscriber).state == "stopped"


def test_concurrent_reports_of_one_subscriber_do_not_conflict(
    sessions: Sessions, subscriber: Subscriber
):
    barrier = threading.Barrier(8, timeout=20)

    def report(number: int) -> None:
        with sessions.begin() as session:
            subscribers.get(session, subscriber.id)
            barrier.wait()
            if number % 4 == 0:
                subscribers.confirm(session, subscriber.id, now=DUE)
            elif number % 4 == 1:
                subscribers.stop(session, subscriber.id, "abuse", now=DUE, complaint=True)
            else:
                subscribers.stop(session, subscriber.id, "failed 5.1.1", now=DUE, bounced=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(report, range(8)))
    assert reload(sessions, subscriber).state == "stopped"
    assert reload(sessions, subscriber).stop_reason == "abuse"


def test_complaint_is_final(site: Site, sessions: Sessions, subscriber: Subscriber):
    """Neither an old confirmation nor a new subscription activates the address again."""
    confirmation = path(sessions, "confirm", subscriber.id)
    post(site, confirmation)
    post(site, path(sessions, "unsubscribe", subscriber.id))
    with sessions.begin() as session:
        subscribers.stop(session, subscriber.id, "abuse", now=DUE, complaint=True)
    post(site, confirmation)
    assert reload(sessions, subscriber).stop_reason == "abuse"
    with (
        sessions.begin() as session,
        pytest.raises(SuppressedAddressError, match="suppression list"),
    ):
        subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)
    assert reload(sessions, subscriber).state == "stopped"


def test_suppression_outlives_the_subscriber(sessions: Sessions, subscriber: Subscriber):
    with sessions.begin() as session:
        subscribers.stop(session, subscriber.id, "abuse", now=DUE, complaint=True)
        subscribers.remove(session, subscriber.id)
    with (
        sessions.begin() as session,
        pytest.raises(SuppressedAddressError, match="abuse"),
    ):
        subscribers.add(session, "Ann@X.example", DAILY, Filters(), now=DUE)
    with sessions.begin() as session:
        assert suppression.remove(session, "ANN@x.example")
        assert not suppression.remove(session, "ann@x.example")
        assert subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE).id


def test_rotation_revokes_all_links(site: Site, sessions: Sessions, subscriber: Subscriber):
    former = path(sessions, "preferences", subscriber.id)
    assert site.page(former).status == 200
    with sessions.begin() as session:
        link_keys.rotate(session, now=DUE)
    assert site.page(former).status == 404
    assert site.page(path(sessions, "preferences", subscriber.id)).status == 200
