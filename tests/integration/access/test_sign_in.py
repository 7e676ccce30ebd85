"""Sign-in on the pages: sessions, their end, and attacks (fixation, CSRF, roles, redirects)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.domain.access.roles import Role
from service.settings import load as settings_module
from service.store.access import browser_sessions, keys
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.tables import BrowserSessionRow
from service.web.app import create_app
from tests.integration.conftest import Clock
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, running
from tests.support.servers.visitor import Visitor

COOKIE = "samestory_session"


@pytest.fixture(scope="module")
def store(new_database: Callable[[], str]) -> Iterator[Sessions]:
    """A database with one story, for tests that create their own keys."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry strikes pier")])
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def time() -> Clock:
    """The clock of the server."""
    return Clock()


@pytest.fixture(scope="module")
def site(store: Sessions, time: Clock) -> Iterator[Site]:
    """A server that requires a key for reading."""
    settings = settings_module.load({})
    settings = replace(settings, access=replace(settings.access, read_access="keys"))
    with running(create_app(store, clock=time, settings=settings)) as site:
        yield site


def secret_of(site: Site, store: Sessions, name: str, *roles: Role) -> str:
    return make_key_client(site, store, name, *roles).secret


def test_browsers_are_led_to_the_sign_in_and_back(site: Site, store: Sessions):
    rita = Visitor(site)
    led = rita.get("/stories/ferry?type=report")
    assert (led.status, led.headers["location"]) == (
        303, "/sign-in?next=%2Fstories%2Fferry%3Ftype%3Dreport",
    )  # fmt: skip
    response = rita.sign_in(secret_of(site, store, "rita"), "/stories/ferry?type=report")
    assert (response.status, response.headers["location"]) == (303, "/stories/ferry?type=report")
    page = rita.get("/stories/ferry")
    assert "Signed in as <bdi>rita</bdi>" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert rita.get("/v1/stories").status == 200
    assert site.page("/stories/ferry").status == 303  # nothing of rita's page is shared


def test_long_search_can_be_opened_after_the_sign_in(site: Site):
    led = site.page(f"/search?q={'word+' * 1000}")
    assert led.status == 303
    assert site.page(led.headers["location"]).status == 200


def test_cookie_is_not_readable_and_limited(site: Site, store: Sessions):
    response = Visitor(site).sign_in(secret_of(site, store, "cora"))
    [cookie] = [each for each in response.cookies if each.startswith(COOKIE)]
    attributes = cookie.lower().split("; ")[1:]
    assert set(attributes) == {"httponly", "max-age=43200", "path=/", "samesite=lax"}
    with store() as session:
        stored = {bytes(each) for each in session.scalars(select(BrowserSessionRow.hash))}
    assert cookie.partition("=")[2].partition(";")[0].encode() not in stored


def test_cookie_is_secure_behind_tls(store: Sessions):
    settings = settings_module.load({})
    web = replace(settings.web, site="https://news.example")
    app = create_app(store, clock=Clock(), settings=replace(settings, web=web))
    with running(app) as site:
        tess = Visitor(site)
        secret = secret_of(site, store, "tess")
        tess.get("/sign-in", Host="news.example")
        response = tess.post("/sign-in", {"key": secret}, Host="news.example")
        [cookie] = [each for each in response.cookies if "samestory=" in each]
        assert cookie.startswith("__Host-samestory=")
        assert "; secure" in cookie.lower()
        assert "domain" not in cookie.lower()


def test_session_ends_with_sign_out_revocation_and_time(site: Site, store: Sessions, time: Clock):
    secret = secret_of(site, store, "olga", Role.EDITOR)
    first, second, third = Visitor(site), Visitor(site), Visitor(site)
    for each in (first, second):
        each.sign_in(secret)
    kept = dict(first.cookies)
    assert first.post("/sign-out").status == 303
    assert COOKIE not in first.cookies
    first.cookies = kept  # a copy of the cookie is of no use
    assert first.get("/").status == 303
    assert second.get("/").status == 200
    with store.begin() as session:
        keys.revoke(session, keys.get_by_name(session, "olga").id, now=time())
    assert second.get("/").status == 303
    third.sign_in(secret_of(site, store, "olga", Role.EDITOR))
    time.advance(hours=12, seconds=1)
    assert third.get("/").status == 303
    with store.begin() as session:
        assert browser_sessions.delete_expired(session, now=time() + timedelta(days=1)) >= 2


def test_token_of_an_attacker_is_never_adopted(site: Site, store: Sessions):
    victim = Visitor(site, {COOKIE: "chosen-by-the-attacker"})
    victim.sign_in(secret_of(site, store, "vera"))
    assert victim.cookies[COOKIE] != "chosen-by-the-attacker"
    attacker = Visitor(site, {COOKIE: "chosen-by-the-attacker"})
    assert attacker.get("/").status == 303
    before = victim.cookies[COOKIE]
    victim.cookies = {COOKIE: before}
    with store.begin() as session:
        keys.revoke(session, keys.get_by_name(session, "vera").id, now=Clock()())
    victim.sign_in(secret_of(site, store, "vera again"))
    assert victim.cookies[COOKIE] != before


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 5000])
def test_forms_need_the_token_of_the_session(site: Site, store: Sessions, token: str):
    ann = Visitor(site)
    ann.sign_in(secret_of(site, store, f"ann {len(token)} {token[:1]}"))
    response = ann.post("/sign-out", {"form_token": token})
    assert response.status == 403
    assert "Reload the page" in response.text
    assert ann.get("/").status == 200


def test_forms_of_other_sites_are_rejected(site: Site, store: Sessions):
    bob, eve = Visitor(site), Visitor(site)
    bob.sign_in(secret_of(site, store, "bob"))
    eve.sign_in(secret_of(site, store, "eve"))
    for value in ("cross-site", "same-site", "none"):
        assert bob.post("/sign-out", Sec_Fetch_Site=value).status == 403
    assert bob.post("/sign-out", {"form_token": eve.token}).status == 403
    # Sign-in as somebody else: the form needs the token of this browser.
    mallory = Visitor(site)
    mallory.get("/sign-in")
    forged = Visitor(site, token=mallory.token).post("/sign-in", {"key": "x"})
    assert forged.status == 403


def test_api_takes_no_cookie_for_changes(site: Site, store: Sessions):
    dora = Visitor(site)
    dora.sign_in(secret_of(site, store, "dora", Role.EDITOR, Role.ADMIN))
    for path in ("/v1/decisions", "/v1/keys"):
        assert dora.post(path, Content_Type="application/json").status == 401


def test_wrong_keys_and_foreign_targets(site: Site, store: Sessions):
    kim = Visitor(site)
    for wrong in ("", "wrong", "x" * 300, "\x00"):
        response = kim.sign_in(wrong)
        assert response.status == 403
        assert "unknown, expired or revoked" in response.text
        assert COOKIE not in kim.cookies
    secret = secret_of(site, store, "kim", Role.EDITOR)
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example", "/\nx", ""):
        assert kim.sign_in(secret, foreign).headers["location"] == "/desk"
        kim.cookies = {}
