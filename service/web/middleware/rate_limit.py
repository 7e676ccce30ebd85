"""Rate limit per client: token buckets and the RateLimit response headers."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError

from service.domain.access.rate_limit import Bucket, Quota, RateLimitResult, take_request
from service.web.middleware.authenticate import ApiClient

log = structlog.get_logger()

MAX_BUCKETS = 50_000
#: Seconds between two exchanges with the other web servers.
EXCHANGE_INTERVAL = 1.0

#: Reports the requests of clients, and returns how many each may still send to all web servers.
Exchange = Callable[[Mapping[str, int]], Mapping[str, float]]


class RateLimiter:
    """Counts the requests of each key or address.

    Each process decides by its own buckets. While there are requests, it exchanges them with the
    other processes about once a second, so that a limit holds for all of them together.
    """

    def __init__(self, quota: Quota, exchange: Exchange | None = None) -> None:
        self.quota = quota
        self._exchange = exchange
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._taken: Counter[str] = Counter()  #: since the last exchange
        self._exchanged_at = 0.0
        self._running: asyncio.Task[None] | None = None
        self._thread = CapacityLimiter(1)

    def take(self, client: ApiClient) -> RateLimitResult | None:
        """Count a request; None without a limit."""
        if not self.quota.requests:
            return None
        is_new = client.name not in self._buckets
        result = take_request(self.quota, self._buckets.get(client.name), time.monotonic())
        self._set(client.name, result.bucket)
        if result.allowed:  # a rejected request costs no query
            self._taken[client.name] += 1
            self._start_exchange(at_once=is_new)
        return result

    def peek(self, client: ApiClient) -> RateLimitResult | None:
        """The result of one more request, without counting it; None without a limit."""
        if not self.quota.requests:
            return None
        return take_request(self.quota, self._buckets.get(client.name), time.monotonic())

    def _set(self, client: str, bucket: Bucket) -> None:
        self._buckets[client] = bucket
        self._buckets.move_to_end(client)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)

    def _start_exchange(self, *, at_once: bool) -> None:
        """Exchange in the background, at once for a client without a bucket."""
        is_due = at_once or time.monotonic() - self._exchanged_at > EXCHANGE_INTERVAL
        is_running = self._running is not None and not self._running.done()
        if self._exchange and is_due and not is_running:
            self._running = asyncio.get_running_loop().create_task(self._run(self._exchange))

    async def _run(self, exchange: Exchange) -> None:
        taken, self._taken = self._taken, Counter()
        self._exchanged_at = time.monotonic()
        try:
            remaining = await to_thread.run_sync(exchange, taken, limiter=self._thread)
        except SQLAlchemyError as error:
            # Each process then limits its own requests. The next exchange reports these, too.
            self._taken.update(taken)
            log.debug("rate limits not exchanged", action="exchange_failed", error=str(error))
            return
        now = time.monotonic()
        for client, left in remaining.items():
            self._set(client, Bucket(left - self._taken[client], now))

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
