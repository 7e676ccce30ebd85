"""Moments, told on a terminal."""

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """A moment to the minute, UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
