"""Rate limit per client: token buckets in memory and the RateLimit response headers."""

import time
from collections import OrderedDict

from service.domain.access.rate_limit import Bucket, Quota, RateLimitResult, take_request
from service.web.middleware.authenticate import ApiClient

MAX_BUCKETS = 50_000


class RateLimiter:
    """Counts the requests of each key or address in this process.

    With several processes, each one counts only its own requests.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, client: ApiClient) -> RateLimitResult | None:
        """Count a request; None without a limit."""
        if not self.quota.requests:
            return None
        result = take_request(self.quota, self._buckets.get(client.name), time.monotonic())
        self._buckets[client.name] = result.bucket
        self._buckets.move_to_end(client.name)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return result

    def peek(self, client: ApiClient) -> RateLimitResult | None:
        """The result of one more request, without counting it; None without a limit."""
        if not self.quota.requests:
            return None
        return take_request(self.quota, self._buckets.get(client.name), time.monotonic())

    def headers(self, result: RateLimitResult, client: ApiClient) -> dict[str, str]:
        """Headers of draft-ietf-httpapi-ratelimit-headers-10."""
        policy = '"key"' if client.key else '"address"'
        return {
            "RateLimit-Policy": f"{policy};q={self.quota.requests};w={self.quota.window}",
            "RateLimit": f"{policy};r={result.remaining};t={result.reset}",
        }

    def reason(self, result: RateLimitResult) -> str:
        """Error message for a request over the limit."""
        return (
            f"Rate limit exceeded: {self.quota.requests} requests in {self.quota.window} seconds. "
            f"Retry after {result.retry_after} seconds"
        )
