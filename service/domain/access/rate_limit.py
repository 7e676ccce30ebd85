"""Rate limit of a client: a token bucket."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """Number of requests per time window; 0 requests means no limit."""

    requests: int
    window: int = 60  #: seconds

    @property
    def per_second(self) -> float:
        """Refill rate of the bucket, in requests per second."""
        return self.requests / self.window


@dataclass(frozen=True, slots=True)
class Bucket:
    """Requests left at the time `at`, in seconds of a monotonic clock."""

    left: float
    at: float


@dataclass(frozen=True, slots=True)
class RateLimitResult:
    """Whether a request is allowed, and the state of the quota after it."""

    allowed: bool
    bucket: Bucket
    remaining: int  #: whole requests
    reset: int  #: seconds until the quota is full again
    retry_after: int  #: seconds until the next request is allowed; 0 if it is allowed now


def take_request(quota: Quota, bucket: Bucket | None, now: float) -> RateLimitResult:
    """Take one request out of a bucket; None stands for a full bucket."""
    left = float(quota.requests)
    if bucket is not None:
        left = min(left, bucket.left + max(now - bucket.at, 0) * quota.per_second)
    allowed = left >= 1
    left -= allowed
    return RateLimitResult(
        allowed,
        Bucket(left, now),
        remaining=int(left),
        reset=math.ceil((quota.requests - left) / quota.per_second),
        retry_after=math.ceil(max(1 - left, 0) / quota.per_second),
    )
