"""When to fetch a feed again: often enough to miss nothing, seldom enough to be welcome."""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.settings.ingest import PacingSettings

#: Entries whose gaps make the pace; older ones tell of another time of day.
_RECENT = 20
#: A feed is fetched about this often between two of its entries.
_FETCHES_PER_ENTRY = 2
#: A feed that went quiet is asked again after this share of its silence.
_SHARE_OF_SILENCE = 0.05
#: Up to this share is added at random, so that feeds due together drift apart.
SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class FetchHistory:
    """What decides about a feed's next fetch."""

    errors: int = 0  #: failed fetches in a row, the latest included; 0 after a success
    gone: bool = False  #: the server said 410
    retry_after: timedelta | None = None  #: what the server asked for
    hint: timedelta | None = None  #: what the feed says of itself (`ttl`)
    entry_times: Sequence[datetime] = ()  #: trusted times of its entries


def next_fetch_at(
    history: FetchHistory, *, now: datetime, jitter: float, settings: PacingSettings
) -> datetime | None:
    """The moment of the next fetch; None for a feed that is gone for good.

    Within the bounds it follows the feed's own pace, doubles with each error in a row, and
    heeds what feed and server ask for, up to a limit. `jitter` lies in [0, 1).
    """
    if history.gone:
        return None
    least = _minutes(settings.min_interval_minutes)
    # The bound leaves room for the spread: feeds at the maximum must drift apart as well.
    most = max(_minutes(settings.max_interval_minutes) / (1 + SPREAD), least)
    interval = min(max(_interval(history, now, settings), least), most)
    backed_off = interval * 2.0 ** min(history.errors, 20)
    wait = max(min(backed_off, most), _asked_for(history, settings))
    return now + wait * (1 + SPREAD * jitter)


def natural_interval(entry_times: Sequence[datetime], *, now: datetime) -> timedelta | None:
    """Half the usual gap between recent entries, longer after a silence; None without times."""
    times = sorted((time for time in set(entry_times) if time <= now), reverse=True)[:_RECENT]
    if not times:
        return None
    silence = (now - times[0]) * _SHARE_OF_SILENCE
    gaps = [(later - earlier).total_seconds() for later, earlier in itertools.pairwise(times)]
    usual = timedelta(seconds=statistics.median(gaps)) if gaps else now - times[0]
    return max(usual / _FETCHES_PER_ENTRY, silence)


def _interval(history: FetchHistory, now: datetime, settings: PacingSettings) -> timedelta:
    natural = natural_interval(history.entry_times, now=now)
    if natural is None:
        natural = _minutes(settings.default_interval_minutes)
    # Many feeds carry the same large `ttl` for decades, so it may slow down only so much.
    hint = min(history.hint or timedelta(0), _minutes(settings.max_hint_minutes))
    return max(natural, hint)


def _asked_for(history: FetchHistory, settings: PacingSettings) -> timedelta:
    return min(history.retry_after or timedelta(0), _minutes(settings.max_retry_after_minutes))


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)
