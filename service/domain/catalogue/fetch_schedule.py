"""Fetch schedule of a feed: interval, backoff after errors, Retry-After, jitter."""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.settings.sections.ingest import PacingSettings

#: Number of newest entries used; older ones belong to another time of day.
_RECENT = 20
#: Fetches per typical gap between two entries.
_FETCHES_PER_ENTRY = 2
#: Minimum interval as a share of the time since the newest entry.
_SHARE_OF_SILENCE = 0.05
#: Maximum random share added to each interval, so that feeds due together drift apart.
SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class FetchHistory:
    """The inputs for the next fetch time of a feed."""

    error_count: int = 0  #: failed fetches in a row, including the latest; 0 after a success
    gone: bool = False  #: the server returned 410
    retry_after: timedelta | None = None  #: pause that the server requests
    ttl: timedelta | None = None  #: interval that the feed requests
    entry_times: Sequence[datetime] = ()  #: trusted times of its entries
    interval: timedelta | None = None  #: set by the operator


def next_fetch_at(
    history: FetchHistory, *, now: datetime, jitter: float, settings: PacingSettings
) -> datetime | None:
    """Return the time of the next fetch, or None for a feed that is gone.

    The interval follows the gaps between entries, doubles with each consecutive error, and respects
    the `ttl` and Retry-After up to a limit. An interval of the operator replaces gaps, `ttl` and
    the bounds of the settings. `jitter` lies in [0, 1).
    """
    if history.gone:
        return None
    least = _minutes(settings.min_interval_minutes)
    # The maximum leaves room for the jitter, so that feeds at the maximum drift apart, too.
    most = max(_minutes(settings.max_interval_minutes) / (1 + SPREAD), least)
    natural = natural_interval(history.entry_times, now=now)
    if natural is None:
        natural = _minutes(settings.default_interval_minutes)
    # Many feeds have carried the same large `ttl` for years, so its effect is limited.
    ttl = min(history.ttl or timedelta(0), _minutes(settings.max_hint_minutes))
    interval = history.interval or min(max(natural, ttl, least), most)
    backed_off = interval * 2.0 ** min(history.error_count, 20)
    requested = min(history.retry_after or timedelta(0), _minutes(settings.max_retry_after_minutes))
    wait = max(min(backed_off, max(most, interval)), requested)
    return now + wait * (1 + SPREAD * jitter)


def natural_interval(entry_times: Sequence[datetime], *, now: datetime) -> timedelta | None:
    """Return half the median gap between recent entries, or None without entries.

    After a silence the result is at least 5 % of the time since the newest entry.
    """
    times = sorted((time for time in set(entry_times) if time <= now), reverse=True)[:_RECENT]
    if not times:
        return None
    silence = (now - times[0]) * _SHARE_OF_SILENCE
    gaps = [(later - earlier).total_seconds() for later, earlier in itertools.pairwise(times)]
    typical_gap = timedelta(seconds=statistics.median(gaps)) if gaps else now - times[0]
    return max(typical_gap / _FETCHES_PER_ENTRY, silence)


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)
