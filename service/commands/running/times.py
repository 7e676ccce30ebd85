"""Moments, told on a terminal and read from one."""

from datetime import UTC, datetime

from service.errors import BadInputError


def moment(at: datetime) -> str:
    """A moment to the minute, UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment, UTC where it names no zone; BadInputError if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is no ISO 8601 moment such as 2020-04-21T06:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
