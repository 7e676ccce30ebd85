"""Webhooks: what their receivers want, how a delivery is signed, and when it is tried again.

A delivery carries the three headers of the Standard Webhooks scheme. The signature is over
`id.timestamp.body`, so that neither can be exchanged.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from service.errors import BadInputError
from service.settings.delivery import WebhookSettings

#: What can happen to a story; receivers may choose some.
KINDS = (
    "emerged", "grew", "shrank", "merged", "split", "closed", "reopened",
    "renamed", "hidden", "shown",
)  # fmt: skip
#: Whoever checks a signature takes no timestamp further from the present than this.
TOLERANCE = timedelta(minutes=5)
#: How a secret begins as its receiver gets it; the rest is base64.
PREFIX = "whsec_"
SECRET_BYTES = 32
#: With so many stories whose deliveries fail, and none that gets through, a receiver is down.
DOWN_FROM = 3
#: A receiver that is down is tried again after so long at most, for all stories wait for that.
LONGEST_DOWN = timedelta(minutes=5)
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a webhook is told of."""

    kinds: tuple[str, ...] = ()  #: of `KINDS`; none means all
    min_coverage: int = 0  #: outlets that the story had right after the change


@dataclass(frozen=True, slots=True)
class Health:
    """How a webhook fares as a whole."""

    attempts: int = 0  #: in a row that found its receiver down
    failing_since: datetime | None = None  #: the first failure after which nothing got through
    retry_at: datetime | None = None  #: nothing is sent before
    pause_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery; taken where there is no error."""

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None  #: what a busy receiver asked for

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == 410  # noqa: PLR2004  # the status is its own name


def wanted(kinds: Sequence[str], min_coverage: int) -> Wanted:
    """What a user asked for.

    Raises:
        BadInputError: there is no such kind of change, or the number is below 0.
    """
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise BadInputError(f"no change is called {unknown[0]!r}; known are {', '.join(KINDS)}")
    if not 0 <= min_coverage < 1 << 31:
        raise BadInputError(f"{min_coverage} is no number of outlets")
    return Wanted(tuple(kind for kind in KINDS if kind in kinds), min_coverage)


def receiver_url(text: str) -> str:
    """The address of a receiver.

    Raises:
        BadInputError: it is no http(s) address, or holds a password that lists would show.
    """
    try:
        parts = urlsplit(text)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or not text.isprintable() or " " in text or len(text) > _LONGEST_URL:
        raise BadInputError(f"{text[:200]!r} is no http(s) address")
    if parts.username or parts.password:
        raise BadInputError("the address holds a user or password; the signature tells who sends")
    return text


def secret_text(secret: bytes) -> str:
    """A secret as its receiver gets it."""
    return PREFIX + base64.b64encode(secret).decode()


def message_id(webhook: int, change: int) -> str:
    """The id of a delivery; the same each time it is tried."""
    return f"samestory-{webhook}-{change}"


def signed(secret: bytes, message: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The headers of a delivery, signed for one moment."""
    timestamp = int(at.timestamp())
    content = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def of_different_stories(stories: Sequence[str], most: int) -> int:
    """How many changes from the front can be told at once: none waits for another of its story."""
    seen: set[str] = set()
    for count, story in enumerate(stories):
        if count == most or story in seen:
            return count
        seen.add(story)
    return len(stories)


def after_round(
    before: Health,
    outcomes: Sequence[Outcome],
    *,
    held: int,
    now: datetime,
    settings: WebhookSettings,
    jitter: float,
) -> Health:
    """How a webhook fares after some deliveries; `held` stories have a failed one.

    One that gets through shows that the receiver is up. Where none does, and several stories are
    held, all wait; after too long, or when the receiver is gone, it is paused.
    """
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    busy = [settings.asked_for(each.retry_after) for each in failed if each.retry_after]
    retry_at = now + max(busy) if busy else None
    if gone := next((each for each in failed if each.gone), None):
        return Health(before.attempts, before.failing_since or now, None, gone.error)
    if len(failed) < len(outcomes):
        return Health(retry_at=retry_at)
    if not failed:
        return before
    since = before.failing_since or now
    because = None
    if now - since >= timedelta(hours=settings.pause_after_hours):
        because = (
            f"nothing got through since {since:%Y-%m-%d %H:%M} UTC; at last: {failed[-1].error}"
        )
    if held < DOWN_FROM:
        return Health(0, since, retry_at, because)
    attempts = before.attempts + 1
    own = now + min(settings.pause(attempts, jitter), LONGEST_DOWN)
    return Health(attempts, since, max(own, retry_at or own), because)
