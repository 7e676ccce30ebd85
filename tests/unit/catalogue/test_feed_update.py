"""The effect of a fetch on its feed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.catalogue.feed_update import (
    FeedUpdate,
    FeedValidators,
    FetchedState,
    update_after_fetch,
)
from service.errors import BadStatusError, GoneError, HostBusyError
from service.settings.sections.ingest import PacingSettings

NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
URL = "https://outlet.example/rss"
SETTINGS = PacingSettings(
    min_interval_minutes=5,
    max_interval_minutes=24 * 60,
    default_interval_minutes=30,
    max_hint_minutes=60,
    max_retry_after_minutes=24 * 60,
)
STATE = FetchedState(
    url=URL, error_count=2, error=None, validators=FeedValidators('"v1"', None), entry_times=()
)


def update(state: FetchedState) -> FeedUpdate:
    return update_after_fetch(state, now=NOW, jitter=0.0, settings=SETTINGS)


def test_success_resets_the_failure_count_and_stores_the_validators():
    assert update(STATE) == FeedUpdate(
        fetched_at=NOW,
        error_count=0,
        error_kind=None,
        error=None,
        validators=FeedValidators('"v1"', None),
        succeeded_at=NOW,
        next_fetch_at=NOW + timedelta(minutes=30),
    )


def test_failure_increments_the_count_and_keeps_validators_and_url():
    failed = replace(
        STATE, error=BadStatusError(URL, "500", 500), moved_to="https://outlet.example/new"
    )
    changed = update(failed)
    assert (changed.error_count, changed.error_kind) == (3, "bad_status")
    assert changed.error == str(failed.error)
    assert (changed.validators, changed.succeeded_at, changed.url) == (None, None, None)
    assert changed.next_fetch_at == NOW + timedelta(minutes=30 * 8)
    assert not changed.retired


def test_busy_host_does_not_increment_the_failure_count():
    changed = update(replace(STATE, error=HostBusyError(URL, "busy")))
    assert (changed.error_count, changed.error_kind) == (2, "host_busy")


def test_gone_feed_is_retired_without_a_next_fetch():
    changed = update(replace(STATE, error=GoneError(URL, "410 Gone", 410)))
    assert (changed.retired, changed.next_fetch_at) == (True, None)


def test_moved_feed_gets_its_new_url():
    changed = update(replace(STATE, moved_to="https://outlet.example/new"))
    assert (changed.url, changed.retired, changed.error) == (
        "https://outlet.example/new",
        False,
        None,
    )


def test_feed_that_moved_to_the_url_of_another_feed_is_retired():
    moved = replace(STATE, moved_to="https://outlet.example/new", target_exists=True)
    changed = update(moved)
    assert (changed.url, changed.retired, changed.error_count) == (None, True, 0)
    assert changed.error == (
        "Moved to https://outlet.example/new, which is the URL of another feed"
    )


def test_redirect_to_the_own_url_changes_nothing():
    assert update(replace(STATE, moved_to=URL, target_exists=True)) == update(STATE)


@pytest.mark.parametrize(
    ("state", "minutes"),
    [
        (replace(STATE, ttl=timedelta(minutes=45)), 45),
        (replace(STATE, retry_after=timedelta(hours=3)), 180),
        (replace(STATE, entry_times=(NOW - timedelta(hours=2), NOW - timedelta(hours=4))), 60),
    ],
)
def test_next_fetch_uses_the_fetch_schedule(state: FetchedState, minutes: float):
    assert update(state).next_fetch_at == NOW + timedelta(minutes=minutes)
