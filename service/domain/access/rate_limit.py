"""How many requests somebody may make: a bucket that fills up evenly and holds a window's worth."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in so many seconds; 0 requests stand for no limit."""

    requests: int
    window: int = 60  #: seconds

    @property
    def per_second(self) -> float:
        """How fast a bucket fills up."""
        return self.requests / self.window


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left of a quota at a moment, in requests; moments are seconds of any one clock."""

    left: float
    at: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may be made, and what is left after it."""

    allowed: bool
    bucket: Bucket
    remaining: int  #: whole requests
    reset: int  #: seconds until all of the quota is there again
    wait: int  #: seconds until a request may be made; 0 if one may be made now


def take(quota: Quota, bucket: Bucket | None, now: float) -> Verdict:
    """Take one request out of a bucket, a full one if there is None yet."""
    left = float(quota.requests)
    if bucket is not None:
        left = min(left, bucket.left + max(now - bucket.at, 0) * quota.per_second)
    allowed = left >= 1
    left -= allowed
    missing = max(1 - left, 0)
    return Verdict(
        allowed,
        Bucket(left, now),
        remaining=int(left),
        reset=math.ceil((quota.requests - left) / quota.per_second),
        wait=math.ceil(missing / quota.per_second),
    )
