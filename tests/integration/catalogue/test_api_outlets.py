"""Outlet edits through the API."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from jobs.describe import describe
from jobs.running.context import Context
from service.domain.access.roles import Role
from service.domain.articles import tokenization
from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feeds
from service.store.database.sessions import Sessions
from service.store.stories import versions, vocabularies
from service.store.tables import ArticleDocumentRow, OutletRow, StoryRow
from tests.integration.conftest import Clock
from tests.support.content.vocabularies import vocabulary_of
from tests.support.database import invariants
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

QUAY, HARBOUR = "/v1/outlets/quay", "/v1/outlets/harbour"
#: The outlets of the configuration.
OUTLETS = [
    Outlet(
        "quay", "Quay Post", country="GB", language="en", family="quay", sites=("quay.example",)
    ),
    Outlet("harbour", "Harbour Times", country="GB", language="en", family="harbour"),
]
#: Invalid request bodies, each with a part of the error message.
REFUSED: list[tuple[Any, str]] = [
    (
        {"family": "harbor"},
        "Unknown publisher family 'harbor': did you mean harbour (Harbour Times)?",
    ),
    ({"family": "zzz"}, "Unknown publisher family 'zzz': did you mean harbour (Harbour Times)?"),
    ({"family": None}, "body.family"),
    ({"country": "G1"}, "body.country"),
    ({"country": "GBR"}, "body.country"),
    ({"country": ""}, "body.country"),
    ({"country": "uk"}, "Invalid country 'uk': expected a two-letter ISO 3166-1 code such as GB"),
    ({"country": "ZZ"}, "Invalid country 'ZZ'"),
    ({"language": "xx"}, "Invalid language 'xx': expected an ISO 639 code"),
    ({"language": "en-GB"}, "body.language"),
    ({"language": "é!"}, "body.language"),
    ({"name": None}, "body.name"),
    ({"name": "   "}, "body.name: The value is blank"),
    ({"name": "a\u2028b\u200b"}, "Invalid name: expected 1 to 200 printable characters"),
    ({"name": "a\x00b"}, "body.name"),
    ({"name": "\ud800"}, "body.name"),
    ({"name": "x" * 201}, "body.name"),
    ({"family": "\ud800"}, "body.family"),
    ({"agency": "yes"}, "body.agency"),
    ({"agency": None}, "body.agency"),
    ({"sites": ["x.example"]}, "body.sites"),
    ([], "body"),
]
TITLES = ("Ferry strikes the pier of Orlan harbour", "Ferry strikes Orlan pier, harbour closed")


def configure(sessions: Sessions, *outlets: Outlet, **families: str) -> None:
    with sessions.begin() as session:
        feeds.save_outlets(session, outlets or OUTLETS, families=families)


@pytest.fixture
def site(sessions: Sessions, clock: Clock) -> Iterator[Site]:
    """Both outlets report the story `ferry`; each of them also reports a story of its own."""
    configure(sessions)
    with sessions.begin() as session:
        known = session.scalars(select(OutletRow).order_by(OutletRow.id)).all()
        rows = Rows(session, known)
        both = zip(known, TITLES, strict=True)
        rows.story("ferry", [rows.article(outlet, title) for outlet, title in both])
        for each in known:
            silent = rows.article(each, f"Own of {each.slug}", language=None)
            rows.story(f"own-{each.slug}", [silent])
        versions.record_versions(session, ["ferry", "own-quay", "own-harbour"], at=NOW)
        vocabularies.save(
            session, vocabulary_of(tokenization.words(title) for title in TITLES), now=NOW
        )
    clock.now = NOW + timedelta(hours=1)
    with serving(sessions, clock=clock) as running:
        yield running


@pytest.fixture
def adam(site: Site, sessions: Sessions) -> KeyClient:
    return make_key_client(site, sessions, "adam", Role.ADMIN)


def outdated(sessions: Sessions) -> set[str]:
    with sessions.begin() as session:
        invariants.check(session)
        late = StoryRow.described_at < StoryRow.changed_at
        return set(session.scalars(select(StoryRow.id).where(late)))


def facts(outlet: Any) -> dict[str, Any]:
    names = ("name", "country", "language", "agency", "configured_values")
    return {"family": outlet["family"]["slug"], **{name: outlet[name] for name in names}}


def test_outlets_of_one_family_count_once(adam: KeyClient, context: Context, clock: Clock) -> None:
    assert adam.get("/v1/stories/ferry").json["independent"] == 2
    before, wide = adam.get(QUAY), "/v1/stories?min_independent=2"
    assert len(adam.get(wide).json["items"]) == 1
    changed = adam.request("PATCH", QUAY, {"family": "harbour"})
    assert changed.status == 200, changed.text
    assert changed.json["family"] == {"slug": "harbour", "name": "Harbour Times"}
    assert changed.json["configured_values"] == {"family": "quay"}
    assert changed.json["edited_at"] == clock.now.isoformat().replace("+00:00", "Z")
    again = adam.site.get(QUAY, headers={"If-None-Match": before.headers["etag"]})
    assert (again.status, again.json["family"]["slug"]) == (200, "harbour")
    assert adam.get("/v1/stories/ferry").json["independent"] == 1
    assert outdated(context.sessions) == {"ferry", "own-quay"}
    describe(context)
    assert outdated(context.sessions) == set()
    assert adam.get(wide).json["items"] == []
    assert [each["slug"] for each in adam.get("/v1/outlets?family=harbour").json["items"]] == [
        "harbour", "quay"
    ]  # fmt: skip

    clock.advance(minutes=1)
    restored = adam.request("DELETE", f"{QUAY}/edits").json
    assert (restored["family"]["slug"], restored["configured_values"]) == ("quay", {})
    assert restored["edited_at"] is None
    describe(context)
    assert [each["id"] for each in adam.get(wide).json["items"]] == ["ferry"]


def test_edited_fields_override_the_configuration(adam: KeyClient, sessions: Sessions) -> None:
    edit = {"name": "  The   Quay ", "country": "ie", "agency": True}
    changed = adam.request("PATCH", QUAY, edit).json
    assert facts(changed) == {
        "family": "quay", "name": "The Quay", "country": "IE", "language": "en", "agency": True,
        "configured_values": {"name": "Quay Post", "country": "GB", "agency": False},
    }  # fmt: skip
    assert changed["family"]["name"] == "The Quay"
    configure(
        sessions,
        Outlet("quay", "Quay Daily", country=None, language="ga", family="docks", sites=("q.x",)),
        docks="Docks Group",
    )
    held = adam.get(QUAY).json
    assert facts(held) == {
        "family": "docks", "name": "The Quay", "country": "IE", "language": "ga", "agency": True,
        "configured_values": {"name": "Quay Daily", "country": None, "agency": False},
    }  # fmt: skip
    with sessions.begin() as session:
        assert feeds.load_site_index(session).match("https://q.x/report") == "quay"
        assert feeds.load_site_index(session).match("https://quay.example/report") is None

    back = adam.request("DELETE", f"{QUAY}/edits").json
    assert facts(back) == {
        "family": "docks", "name": "Quay Daily", "country": None, "language": "ga", "agency": False,
        "configured_values": {},
    }  # fmt: skip
    with sessions.begin() as session:
        row = session.scalars(select(OutletRow).where(OutletRow.slug == "quay")).one()
        assert (row.edited_at, row.configured_values) == (None, None)
    assert adam.request("DELETE", f"{QUAY}/edits").json == back


def test_own_family_defaults_to_the_outlet_name(adam: KeyClient, sessions: Sessions) -> None:
    adam.request("PATCH", QUAY, {"name": "The Quay"})
    configure(sessions)
    assert adam.get(QUAY).json["family"]["name"] == "The Quay"
    assert adam.request("DELETE", f"{QUAY}/edits").json["family"]["name"] == "Quay Post"
    configure(sessions, *OUTLETS, quay="Quay Holdings")
    assert adam.request("PATCH", QUAY, {"name": "Q"}).json["family"]["name"] == "Quay Holdings"


def test_field_set_to_its_configured_value_is_not_edited(adam: KeyClient) -> None:
    adam.request("PATCH", QUAY, {"name": "The Quay", "country": None})
    changed = adam.request("PATCH", QUAY, {"country": "GB"}).json
    assert (changed["country"], changed["configured_values"]) == ("GB", {"name": "Quay Post"})
    assert changed["edited_at"]
    for query, slugs in (("true", ["quay"]), ("false", ["harbour"])):
        outlets = adam.get(f"/v1/outlets?edited={query}").json["items"]
        assert [each["slug"] for each in outlets] == slugs
    changed = adam.request("PATCH", QUAY, {"name": "Quay Post"}).json
    assert (changed["configured_values"], changed["edited_at"]) == ({}, None)


def test_outlet_moves_to_its_own_family(adam: KeyClient, sessions: Sessions) -> None:
    configure(sessions, Outlet("new", "New", family="harbour"))
    outlet = adam.request("PATCH", "/v1/outlets/new", {"family": "new"}).json
    assert outlet["family"] == {"slug": "new", "name": "New"}


def test_only_real_changes_redescribe_stories(adam: KeyClient, sessions: Sessions) -> None:
    tag = adam.get("/v1/outlets").headers["etag"]
    for same in ({}, {"name": "Quay Post", "country": "GB", "agency": False}):
        assert adam.request("PATCH", QUAY, same).json["configured_values"] == {}
    assert adam.get("/v1/outlets").headers["etag"] == tag
    assert adam.request("PATCH", QUAY, {"agency": True}).json["agency"] is True
    assert outdated(sessions) == set()
    assert adam.get("/v1/outlets").headers["etag"] != tag
    adam.request("PATCH", QUAY, {"country": "FR"})
    assert outdated(sessions) == {"ferry", "own-quay"}
    assert [each["id"] for each in adam.get("/v1/stories?country=FR&sort=newest").json["items"]]


def test_articles_without_language_use_the_language_of_their_outlet(
    adam: KeyClient, sessions: Sessions
) -> None:
    adam.request("PATCH", QUAY, {"language": "FR"})
    with sessions.begin() as session:
        statement = (
            select(ArticleDocumentRow.language)
            .join(OutletRow, OutletRow.id == ArticleDocumentRow.outlet_id)
            .where(OutletRow.slug == "quay")
            .order_by(ArticleDocumentRow.language)
        )
        assert session.scalars(statement).all() == ["en", "fr"]


def test_edit_is_applied_once_per_idempotency_key(adam: KeyClient, clock: Clock) -> None:
    key = {"Idempotency-Key": "k"}
    first = adam.request("PATCH", QUAY, {"country": "FR"}, headers=key)
    clock.advance(minutes=1)
    adam.request("DELETE", f"{QUAY}/edits")
    again = adam.request("PATCH", QUAY, {"country": "FR"}, headers=key)
    assert (again.json, again.headers["idempotency-replayed"]) == (first.json, "true")
    assert adam.get(QUAY).json["country"] == "GB"
    assert adam.request("PATCH", QUAY, {"country": "DE"}, headers=key).status == 422


def test_invalid_field_returns_422(adam: KeyClient) -> None:
    before = adam.get(QUAY)
    for changes, reason in REFUSED:
        refused = adam.request("PATCH", QUAY, changes)
        assert refused.status == 422, changes
        assert reason in refused.json["detail"], changes
    assert adam.get(QUAY).headers["etag"] == before.headers["etag"]


def test_unknown_outlet_returns_404(adam: KeyClient) -> None:
    for method, path, body in (
        ("PATCH", "/v1/outlets/nobody", {"name": "X"}),
        ("DELETE", "/v1/outlets/nobody/edits", None),
    ):
        refused = adam.request(method, path, body)
        assert (refused.status, refused.json["detail"]) == (
            404,
            "Outlet nobody not found. For a list, see: /v1/outlets",
        )
    for slug in ("%00", "%ED%A0%80"):
        assert adam.request("PATCH", f"/v1/outlets/{slug}", {"name": "X"}).status in {404, 422}


def test_concurrent_edits_and_imports_are_serialized(adam: KeyClient, sessions: Sessions) -> None:
    """An import locks families first and then outlets; an edit locks them in the other order."""

    def work(number: int) -> int:
        if number % 2:
            return adam.request("PATCH", QUAY, {"name": f"Quay {number}"}).status
        configure(sessions)
        return 200

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(24))) == {200}
    assert adam.get(QUAY).json["configured_values"] == {"name": "Quay Post"}


def test_only_admins_can_edit_outlets(adam: KeyClient, sessions: Sessions) -> None:
    ann = make_key_client(adam.site, sessions, "ann", Role.EDITOR, Role.READER)
    for method, path in (("PATCH", QUAY), ("DELETE", f"{HARBOUR}/edits")):
        body = {"name": "X"} if method == "PATCH" else None
        assert ann.request(method, path, body).status == 403
        assert adam.site.get(path, method=method).status == 401
