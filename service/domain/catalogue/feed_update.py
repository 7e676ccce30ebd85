"""Effect of a fetch on its feed: failure count, next fetch time, new URL, retirement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.catalogue.fetch_schedule import FetchHistory, next_fetch_at
from service.domain.text.markup import one_line, shorten
from service.errors import FeedError, GoneError, HostBusyError
from service.settings.sections.ingest import PacingSettings

#: Errors contain URLs and texts of servers.
MAX_ERROR_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class FeedValidators:
    """HTTP validators for the next conditional request."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class FetchedState:
    """A feed before the update, and the result of fetching and parsing it."""

    url: str
    error_count: int  #: failed fetches in a row before this one
    error: FeedError | None  #: of this fetch, None after a success
    validators: FeedValidators
    entry_times: Sequence[datetime]  #: trusted times of its entries
    ttl: timedelta | None = None  #: interval that the feed requests
    retry_after: timedelta | None = None  #: pause that the server requests
    moved_to: str | None = None  #: target of permanent redirects
    target_exists: bool = False  #: whether `moved_to` is the URL of another feed
    interval: timedelta | None = None  #: set by the operator


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """New values of a feed; fields that are None by default keep the stored value."""

    fetched_at: datetime
    error_count: int
    error_kind: str | None
    error: str | None
    validators: FeedValidators | None = None
    succeeded_at: datetime | None = None
    next_fetch_at: datetime | None = None
    url: str | None = None
    retired: bool = False


def update_after_fetch(
    state: FetchedState, *, now: datetime, jitter: float, settings: PacingSettings
) -> FeedUpdate:
    """Return the new values of a feed after a fetch.

    A failure increments the failure count and keeps the validators of the last success, so that
    the server sends an unreadable body again. A busy host is not a failure of the feed. A feed
    that moved permanently gets its new URL. It is retired if another feed has that URL, or if the
    server reports 410 Gone. `jitter` lies in [0, 1).
    """
    error = state.error
    failures = state.error_count + (not isinstance(error, HostBusyError)) if error else 0
    history = FetchHistory(
        error_count=failures,
        gone=isinstance(error, GoneError),
        retry_after=state.retry_after,
        ttl=state.ttl,
        entry_times=state.entry_times,
        interval=state.interval,
    )
    due = next_fetch_at(history, now=now, jitter=jitter, settings=settings)
    if error:
        text = shorten(one_line(str(error)), MAX_ERROR_CHARACTERS)
        return FeedUpdate(now, failures, error.kind, text, next_fetch_at=due, retired=due is None)
    new_url = state.moved_to if state.moved_to != state.url else None
    duplicate = new_url is not None and state.target_exists
    return FeedUpdate(
        now,
        error_count=0,
        error_kind=None,
        error=f"Moved to {new_url}, which is the URL of another feed" if duplicate else None,
        validators=state.validators,
        succeeded_at=now,
        next_fetch_at=due,
        url=None if duplicate else new_url,
        retired=duplicate,
    )
