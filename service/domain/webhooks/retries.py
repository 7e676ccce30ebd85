"""Webhook retries: backoff, Retry-After, pausing of unreachable receivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.settings.sections.delivery import WebhookSettings

#: A receiver counts as down if no delivery succeeds and this many stories are blocked.
DOWN_MIN_STORIES = 3
#: Longest delay between attempts while a receiver is down: all its stories wait for them.
MAX_DOWN_DELAY = timedelta(minutes=5)
GONE = 410


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delays between attempts, and the time of failure after which a webhook is paused."""

    first_delay: timedelta
    max_delay: timedelta
    pause_after: timedelta

    @classmethod
    def from_settings(cls, settings: WebhookSettings) -> "RetryPolicy":
        """Build the policy from the section `[webhooks]`."""
        return cls(
            first_delay=timedelta(seconds=settings.retry_seconds),
            max_delay=timedelta(hours=settings.max_retry_hours),
            pause_after=timedelta(hours=settings.pause_after_hours),
        )

    def delay(self, attempts: int, jitter: float) -> timedelta:
        """Delay after `attempts` failures: doubled each time, then reduced by up to half.

        `jitter` is from 0 to 1. It spreads the retries of webhooks that failed together.
        """
        factor = 2.0 ** min(max(attempts - 1, 0), 40)
        # In seconds: 2**40 times the first delay overflows a timedelta.
        seconds = min(self.first_delay.total_seconds() * factor, self.max_delay.total_seconds())
        return timedelta(seconds=seconds * (1 - jitter / 2))


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """Failures of a webhook as a whole, across its stories."""

    attempts: int = 0  #: consecutive attempts while the receiver was down
    failing_since: datetime | None = None  #: first failure after the last success
    next_attempt_at: datetime | None = None  #: no delivery before this time
    pause_reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """Result of one delivery; successful if `error` is None."""

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None  #: from the header Retry-After of a 429 or 503

    @property
    def gone(self) -> bool:
        """Whether the receiver responded with 410: it accepts no more deliveries."""
        return self.status == GONE


def count_independent(stories: Sequence[str], limit: int) -> int:
    """Length of the longest prefix of at most `limit` items without a repeated story."""
    seen: set[str] = set()
    for count, story in enumerate(stories):
        if count == limit or story in seen:
            return count
        seen.add(story)
    return len(stories)


def update_health(
    before: WebhookHealth,
    outcomes: Sequence[DeliveryOutcome],
    *,
    blocked_stories: int,
    now: datetime,
    policy: RetryPolicy,
    jitter: float,
) -> WebhookHealth:
    """Health of a webhook after a batch of deliveries.

    One success shows that the receiver is up. If all deliveries fail and several stories are
    blocked, the whole webhook waits. After `policy.pause_after` without success, or after a 410, it
    is paused.
    """
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    waits = [min(each.retry_after, policy.max_delay) for each in failed if each.retry_after]
    requested = now + max(waits) if waits else None
    if gone := next((each for each in failed if each.gone), None):
        return WebhookHealth(before.attempts, before.failing_since or now, None, gone.error)
    if len(failed) < len(outcomes):
        return WebhookHealth(next_attempt_at=requested)
    if not failed:
        return before
    since = before.failing_since or now
    reason = None
    if now - since >= policy.pause_after:
        reason = (
            f"No successful delivery since {since:%Y-%m-%d %H:%M} UTC; "
            f"last error: {failed[-1].error}"
        )
    if blocked_stories < DOWN_MIN_STORIES:
        return WebhookHealth(0, since, requested, reason)
    attempts = before.attempts + 1
    backoff = now + min(policy.delay(attempts, jitter), MAX_DOWN_DELAY)
    return WebhookHealth(attempts, since, max(backoff, requested or backoff), reason)
