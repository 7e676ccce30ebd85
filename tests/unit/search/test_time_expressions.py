"""Time expressions of requests."""

from datetime import UTC, datetime

import pytest

from service.domain.search.time_expressions import is_relative, parse_time

NOW = datetime(2026, 3, 29, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01T08:00:00+03:00", "2026-03-01T05:00:00+00:00"),
        ("2026-03-01 08:00", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01@Europe/Istanbul", "2026-02-28T21:00:00+00:00"),
        ("now", "2026-03-29T10:30:00+00:00"),
        ("today", "2026-03-29T00:00:00+00:00"),
        ("today@Pacific/Auckland", "2026-03-28T11:00:00+00:00"),
        # Clocks change on this day: it starts an hour after UTC, and ends two hours after it.
        ("today@Europe/Berlin", "2026-03-28T23:00:00+00:00"),
        ("yesterday", "2026-03-28T00:00:00+00:00"),
        (" -90m ", "2026-03-29T09:00:00+00:00"),
        ("-24h", "2026-03-28T10:30:00+00:00"),
        ("-7d", "2026-03-22T10:30:00+00:00"),
        ("-2w", "2026-03-15T10:30:00+00:00"),
    ],
)
def test_forms(text: str, expected: str):
    assert parse_time(text, NOW).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "last week",
        "24h",
        "-24",
        "-1y",
        "today@Mars/Olympus",
        "today@",
        "2026-13-01",
        "0001-01-01@Asia/Tokyo",
    ],
)
def test_other_texts_are_rejected_with_the_forms(text: str):
    with pytest.raises(ValueError, match="is not a time: use ISO 8601 such as"):
        parse_time(text, NOW)


def test_only_relative_forms_depend_on_the_reference_time():
    relative = ("now", "today", "yesterday@Europe/Berlin", "-2h", " -2h")
    assert all(map(is_relative, relative))
    assert not any(map(is_relative, ("2026-03-01", "2026-03-01T08:00:00Z", "last week")))
