"""Outlets and storylines that do not exist are rejected with the nearest match."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.filters import Filters
from service.errors import BadInputError
from service.store.catalogue.known_names import require_known_names
from service.store.database.sessions import Sessions
from service.store.subscribers import alerts, subscribers
from tests.support.content.subscribers import DAILY, DUE, subscribe
from tests.support.database.rows import Rows


@pytest.fixture
def names(sessions: Sessions) -> Sessions:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.outlet("harbour-times", "The Harbour Times", family="quay-press")
        rows.outlet("gazeta", "Gazeta Wieczorna")
        rows.storyline("border-talks", "border, talks, posts")
    return sessions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"outlets": ["harbor-times"]},
            "Unknown outlet 'harbor-times': did you mean harbour-times",
        ),
        ({"outlets": ["The Harbour Times"]}, "did you mean harbour-times (The Harbour Times)"),
        ({"outlets": ["gazeta", "wieczorna"]}, "Unknown outlet 'wieczorna': did you mean gazeta"),
        ({"families": ["quay"]}, "Unknown publisher family 'quay': did you mean quay-press"),
        ({"storylines": ["border talks"]}, "Unknown storyline 'border talks': did you mean border"),
    ],
)
def test_unknown_name_is_rejected_with_the_nearest(
    names: Sessions, given: dict[str, list[str]], message: str
):
    with names.begin() as session, pytest.raises(BadInputError) as error:
        require_known_names(session, **given)
    assert message in str(error.value)


def test_known_names_pass(names: Sessions):
    with names.begin() as session:
        require_known_names(
            session, outlets=["gazeta"], families=["quay-press"], storylines=["border-talks"]
        )


def test_alerts_and_preferences_reject_unknown_names(names: Sessions):
    muting = Filters(muted_outlets=frozenset({"gazette"}))
    with names.begin() as session, pytest.raises(BadInputError, match="Unknown outlet 'gazette'"):
        subscribers.add(session, "bob@x.example", DAILY, muting, now=DUE)
    [ann] = subscribe(names, "ann@x.example")
    with names.begin() as session, pytest.raises(BadInputError, match="did you mean gazeta"):
        alerts.add(session, ann.id, parse_conditions(outlets="gazette"), now=DUE)
    following = replace(ann.filters, followed_storylines=frozenset({"border-walks"}))
    with names.begin() as session, pytest.raises(BadInputError, match="did you mean border-talks"):
        subscribers.update_preferences(session, ann.id, ann.schedule, following, now=DUE)


def test_stored_name_that_no_longer_exists_does_not_block_changes(names: Sessions):
    muting = Filters(muted_storylines=frozenset({"border-talks"}))
    [ann] = subscribe(names, "ann@x.example", filters=muting)
    with names.begin() as session:
        session.execute(text("DELETE FROM storylines"))
        changed = replace(muting, muted_words=frozenset({"rain"}))
        subscribers.update_preferences(session, ann.id, ann.schedule, changed, now=DUE)
        assert subscribers.get(session, ann.id).filters == changed
