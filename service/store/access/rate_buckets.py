"""Common token buckets of all web servers, for the rate limits of clients."""

from collections.abc import Mapping

from sqlalchemy import delete, func, text
from sqlalchemy.orm import Session, sessionmaker

from service.domain.access.rate_limit import Quota
from service.store.tables import RateBucketRow

#: Rows are locked in the order of their clients, so that servers do not wait for each other.
_EXCHANGE = text("""
    INSERT INTO rate_buckets AS bucket (client, remaining, at)
    SELECT client, :requests - taken, clock_timestamp()
    FROM unnest(CAST(:clients AS text[]), CAST(:taken AS float[])) AS new (client, taken)
    ORDER BY client
    ON CONFLICT (client) DO UPDATE SET
        at = clock_timestamp(),
        remaining = greatest(-:requests, least(
            :requests,
            bucket.remaining
            + extract(epoch FROM clock_timestamp() - bucket.at) * :per_second
        ) - :requests + excluded.remaining)
    RETURNING client, remaining
""")
#: Takes one request, if at least one is left; returns no row otherwise.
_TAKE = text("""
    INSERT INTO rate_buckets AS bucket (client, remaining, at)
    VALUES (:client, :requests - 1, clock_timestamp())
    ON CONFLICT (client) DO UPDATE SET
        at = clock_timestamp(),
        remaining = least(
            :requests,
            bucket.remaining + extract(epoch FROM clock_timestamp() - bucket.at) * :per_second
        ) - 1
        WHERE bucket.remaining
            + extract(epoch FROM clock_timestamp() - bucket.at) * :per_second >= 1
    RETURNING remaining
""")
_SECONDS_UNTIL_NEXT = text("""
    SELECT (1 - remaining) / :per_second - extract(epoch FROM clock_timestamp() - at)
    FROM rate_buckets WHERE client = :client
""")
#: Buckets without requests for this time are full, as all windows are shorter.
_IDLE = text("INTERVAL '1 hour'")


def exchange(
    sessions: sessionmaker[Session], quota: Quota, taken: Mapping[str, int]
) -> dict[str, float]:
    """Take the requests of clients out of their buckets; returns what each may still send.

    A client that sent to several servers at once may have a negative rest.
    """
    names = sorted(taken)
    values = {
        "clients": names,
        "taken": [float(taken[name]) for name in names],
        "requests": float(quota.requests),
        "per_second": quota.per_second,
    }
    with sessions.begin() as session:
        rows = session.execute(_EXCHANGE, values).all()
    return {row.client: row.remaining for row in rows}


def take(sessions: sessionmaker[Session], quota: Quota, client: str) -> float:
    """Count a request of a client; returns 0, or the seconds to wait if it is over the limit.

    Each call needs a transaction, so the limit is exact for all web servers together.
    """
    values = {
        "client": client,
        "requests": float(quota.requests),
        "per_second": quota.per_second,
    }
    with sessions.begin() as session:
        if session.scalar(_TAKE, values) is not None:
            return 0.0
        return max(float(session.scalar(_SECONDS_UNTIL_NEXT, values) or 0.0), 1.0)


def delete_idle(session: Session) -> int:
    """Delete buckets that are full again; returns how many."""
    old = RateBucketRow.at < func.clock_timestamp() - _IDLE
    statement = delete(RateBucketRow).where(old).returning(RateBucketRow.client)
    return len(session.scalars(statement).all())
