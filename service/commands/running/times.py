"""Timestamps on the command line: formatting and parsing."""

from datetime import UTC, datetime

from service.errors import BadInputError


def utc_now() -> datetime:
    """Return the current time of the system clock."""
    return datetime.now(UTC)


def format_time(at: datetime) -> str:
    """Format a timestamp in UTC, to the minute."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def parse_time(text: str) -> datetime:
    """Parse an ISO 8601 timestamp, UTC by default; raises BadInputError if it is invalid."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(
            f"Invalid timestamp {text!r}: expected ISO 8601, such as 2020-04-21T06:00Z"
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
