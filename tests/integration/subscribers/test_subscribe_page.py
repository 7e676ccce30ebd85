"""Page `/subscribe`: double opt-in that does not reveal who is subscribed; cookie of `/follow`."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from service.domain.access.rate_limit import Quota
from service.domain.subscribers.filters import Filters
from service.mail.signed_links import sign_token
from service.settings.load import load
from service.store.database.sessions import Sessions
from service.store.subscribers import link_keys, subscribers
from service.web.app import create_app
from service.web.requests.preferences_cookie import COOKIE
from tests.support.content.subscribers import DAILY, DUE
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer
from tests.support.servers.site import Site, SiteResponse, running

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as running_server:
        yield running_server


@contextmanager
def open_site(
    sessions: Sessions, port: int, *, quota: int = 100, per_hour: int = 60
) -> Iterator[Site]:
    """Serve pages on which readers can subscribe."""
    settings = load({})
    mail = replace(
        settings.mail,
        host="127.0.0.1",
        port=port,
        security="none",
        sender="samestory <digest@news.example>",
        confirmations_per_hour=per_hour,
    )
    web = replace(settings.web, site="https://news.example")
    app = create_app(sessions, clock=lambda: DUE, settings=replace(settings, mail=mail, web=web))
    app.state.subscription_quota = Quota(quota, 3600)
    with running(app) as site:
        yield site


def post(site: Site, path: str, body: str, **headers: str) -> SiteResponse:
    return site.get(path, method="POST", headers={**FORM, **headers}, body=body.encode())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_link_of_the_email_confirms_the_subscription(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with sessions.begin() as session:
        Rows(session).outlet("harbour", "Harbour Times")
    with open_site(sessions, mail_server.port) as site:
        form = site.page("/subscribe?outlet=harbour").text
        assert 'value="harbour" checked' in form
        body = (
            "address=Ann@x.example&hour=9&time_zone=Europe/Rome&days=mon&followed_outlets=harbour"
        )
        assert "Check your inbox" in post(site, "/subscribe", body).text
        wait_until(lambda: bool(mail_server.received))
        [(recipient, email)] = mail_server.received
        text = email.get_body(("plain",))
        assert text is not None
        [link] = re.findall(r"https://news\.example(/digest/confirm/\S+)", text.get_content())
        assert "Yes, subscribe" in site.page(link).text
        post(site, link, "")
    with sessions.begin() as session:
        subscriber = subscribers.get_by_address(session, recipient)
    assert (subscriber.state, subscriber.schedule.hour) == ("active", 9)
    assert subscriber.filters.followed_outlets == {"harbour"}


def test_response_does_not_reveal_who_is_subscribed(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with sessions.begin() as session:
        active = subscribers.add(session, "active@x.example", DAILY, Filters(), now=DUE)
        subscribers.confirm(session, active.id, now=DUE)
        subscribers.add(session, "pending@x.example", DAILY, Filters(), now=DUE)
        gone = subscribers.add(session, "gone@x.example", DAILY, Filters(), now=DUE)
        subscribers.stop(session, gone.id, "abuse", now=DUE, complaint=True)
    with open_site(sessions, mail_server.port) as site:
        bodies = {
            post(site, "/subscribe", f"address={name}@x.example").body
            for name in ("active", "pending", "gone", "new")
        }
        wait_until(lambda: bool(mail_server.received))
    assert len(bodies) == 1
    assert [recipient for recipient, _ in mail_server.received] == ["new@x.example"]


def test_requests_are_limited_per_client_and_in_total(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with open_site(sessions, mail_server.port, quota=3, per_hour=2) as site:
        answers = [
            post(site, "/subscribe", f"address=reader{number}@x.example") for number in range(4)
        ]
        assert [each.status for each in answers] == [200, 200, 200, 422]
        assert "Too many requests from your network" in answers[-1].text
    assert len(mail_server.received) == 2


def test_confirmed_requests_count_against_the_hourly_limit(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with open_site(sessions, mail_server.port, per_hour=1) as site:
        post(site, "/subscribe", "address=ann@x.example")
        wait_until(lambda: bool(mail_server.received))
        with sessions.begin() as session:
            ann = subscribers.get_by_address(session, "ann@x.example")
            subscribers.confirm(session, ann.id, now=DUE)
        post(site, "/subscribe", "address=bob@x.example")
    assert [recipient for recipient, _ in mail_server.received] == ["ann@x.example"]


def test_subscribers_of_an_admin_do_not_count_against_the_hourly_limit(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with sessions.begin() as session:
        subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)
    with open_site(sessions, mail_server.port, per_hour=1) as site:
        post(site, "/subscribe", "address=bob@x.example")
        wait_until(lambda: bool(mail_server.received))
    assert [recipient for recipient, _ in mail_server.received] == ["bob@x.example"]


def test_limit_per_client_holds_for_several_web_servers(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with (
        open_site(sessions, mail_server.port, quota=3) as one,
        open_site(sessions, mail_server.port, quota=3) as other,
    ):
        statuses = [
            post(site, "/subscribe", f"address=reader{number}@x.example").status
            for number, site in enumerate([one, other, one, other, one])
        ]
    assert statuses == [200, 200, 200, 422, 422]


def test_address_can_try_again_after_a_failure_of_the_mail_server(
    sessions: Sessions, mail_server: MailServer
) -> None:
    mail_server.replies["rcpt"] = "451 4.3.0 try later"
    with open_site(sessions, mail_server.port, per_hour=1) as site:
        post(site, "/subscribe", "address=ann@x.example")
        mail_server.replies.clear()

        def is_sent() -> bool:
            post(site, "/subscribe", "address=ann@x.example")
            return bool(mail_server.received)

        wait_until(is_sent)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("address=nobody", "Not sent"),
        ("address=a@x.example&hour=99", "Invalid hour 99"),
        ("address=a@x.example&time_zone=Mars", "Unknown time zone"),
        ("address=a@x.example&followed_outlets=nope", "nope"),
    ],
)
def test_invalid_fields_are_explained(
    sessions: Sessions, mail_server: MailServer, body: str, reason: str
) -> None:
    with open_site(sessions, mail_server.port) as site:
        response = post(site, "/subscribe", body)
    assert response.status == 422
    assert reason in response.text
    assert not mail_server.received


def test_page_is_closed_without_a_mail_server(sessions: Sessions) -> None:
    with running(create_app(sessions, clock=lambda: DUE)) as site:
        assert "Subscriptions are closed" in site.page("/subscribe").text
        assert "Subscriptions are closed" in post(site, "/subscribe", "address=a@x.example").text


def test_follow_and_mute_with_the_cookie_of_the_preferences(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with sessions.begin() as session:
        Rows(session).outlet("harbour", "Harbour Times")
        ann = subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)
        key = link_keys.ensure_key(session, now=DUE)
    token = sign_token(key, "preferences", ann.id)
    with open_site(sessions, mail_server.port) as site:
        anonymous = site.page("/follow?outlet=harbour")
        assert "/subscribe?outlet=harbour" in anonymous.text
        assert 'name="action"' not in anonymous.text
        cookie = site.page(f"/digest/preferences/{token}").headers["set-cookie"]
        assert {"HttpOnly", "Path=/follow", "SameSite=lax"} <= {*cookie.split("; ")}
        headers = {"Cookie": cookie.partition(";")[0]}
        shown = site.get("/follow?outlet=harbour", headers=headers)
        assert "a…@x.example" in shown.text
        assert shown.headers["cache-control"] == "private, no-store"
        for action, expected in [("follow", (1, 0)), ("mute", (0, 1)), ("clear", (0, 0))]:
            response = post(site, "/follow", f"outlet=harbour&action={action}", **headers)
            assert (response.status, urlsplit(response.headers["location"]).path) == (
                303,
                "/follow",
            )
            with sessions.begin() as session:
                filters = subscribers.get(session, ann.id).filters
            counts = len(filters.followed_outlets), len(filters.muted_outlets)
            assert counts == expected
        assert post(site, "/follow", "outlet=harbour&action=follow").status == 404
        assert post(site, "/follow", "outlet=harbour&action=sell", **headers).status == 422
        forgotten = post(site, "/follow", "outlet=harbour&action=forget", **headers)
        assert "Max-Age=0" in forgotten.headers["set-cookie"]


@pytest.mark.parametrize("kind", ["expired", "invalid", "long"])
def test_follow_deletes_an_outdated_cookie_and_names_the_way_to_a_new_link(
    sessions: Sessions, mail_server: MailServer, kind: str
) -> None:
    with sessions.begin() as session:
        Rows(session).outlet("harbour", "Harbour Times")
        ann = subscribers.add(session, "ann@x.example", DAILY, Filters(), now=DUE)
        key = link_keys.ensure_key(session, now=DUE)
    yesterday = DUE.date() - timedelta(days=1)
    token = {
        "expired": sign_token(key, "preferences", ann.id, yesterday),
        "invalid": "1-x",
        "long": "1" * 200,
    }[kind]
    headers = {"Cookie": f"{COOKIE}={token}"}
    with open_site(sessions, mail_server.port) as site:
        shown = site.get("/follow?outlet=harbour", headers=headers)
        assert shown.status == 200
        assert "has expired or is invalid" in shown.text
        assert "latest email" in shown.text
        assert "Max-Age=0" in shown.headers["set-cookie"]
        sent = post(site, "/follow", "outlet=harbour&action=follow", **headers)
        assert (sent.status, sent.headers["location"]) == (303, "/follow?outlet=harbour")
    with sessions.begin() as session:
        assert not subscribers.get(session, ann.id).filters.followed_outlets


def test_form_of_another_site_sends_no_confirmation(
    sessions: Sessions, mail_server: MailServer
) -> None:
    with open_site(sessions, mail_server.port) as site:
        body = "address=ann@x.example"
        for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://other.example"}):
            assert post(site, "/subscribe", body, **header).status == 403
        own = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
        assert post(site, "/subscribe", body, **own).status == 200
        wait_until(lambda: bool(mail_server.received))
    assert len(mail_server.received) == 1
