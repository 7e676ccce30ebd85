"""Date parsing and plausibility checks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.dates import check_date, parse_date, parse_retry_after

NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
FIRST = datetime(1, 1, 3, tzinfo=UTC)
TOLERANCE = timedelta(hours=2)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Mon, 20 Apr 2020 09:30:00 GMT", "2020-04-20T09:30:00"),
        ("Mon, 20 Apr 2020 09:30:00 +0300", "2020-04-20T06:30:00"),
        ("Mon, 20 Apr 2020 09:30 EDT", "2020-04-20T13:30:00"),
        ("Fri, 20 Apr 2020 09:30:00 AEST", "2020-04-19T23:30:00"),
        ("20 Apr 20 09:30:00 Z", "2020-04-20T09:30:00"),
        ("20 Apr 99 09:30:00", "1999-04-20T09:30:00"),
        ("Mon,20 April 2020 9:30:05 UTC+3", "2020-04-20T06:30:05"),
        ("2020-04-20T09:30:00Z", "2020-04-20T09:30:00"),
        ("2020-04-20T09:30:00.123456+05:30", "2020-04-20T04:00:00"),
        ("2020-04-20 09:30:00 -0700", "2020-04-20T16:30:00"),
        ("20200420T093000Z", "2020-04-20T09:30:00"),
        ("2020-04-20T09:30-07", "2020-04-20T16:30:00"),
        ("2020-04-20", "2020-04-20T00:00:00"),
        ("2020-04", "2020-04-01T00:00:00"),
        ("Mon Apr 20 09:30:00 2020", "2020-04-20T09:30:00"),
        ("Mon Apr 20 09:30:00 MSK 2020", "2020-04-20T06:30:00"),
        ("April 20, 2020 at 3:04 pm", "2020-04-20T15:04:00"),
        ("20th April 2020 12:15 AM", "2020-04-20T00:15:00"),
        ("20 апреля 2020, 15:04", "2020-04-20T15:04:00"),
        ("20. März 2020 9:05 Uhr", "2020-03-20T09:05:00"),
        ("20 Nisan 2020 09:30", "2020-04-20T09:30:00"),
        ("Mon, 20 Apr 2020 24:00:00 GMT", "2020-04-21T00:00:00"),
        ("Mon, 20 Apr 2020 23:59:60 GMT", "2020-04-21T00:00:00"),
    ],
)
def test_date_spellings_of_feeds_are_parsed(raw: str, expected: str) -> None:
    assert parse_date(raw) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        *("", "  ", "yesterday", "2020", "31 Jun 2020 10:00", "Mon, 20 Foo 2020", "2020-13-01"),
        *("2020-04-20T25:00:00Z", "2020-04-20T10:61:00Z", "0000-01-01", "9999-12-31T23:59:59-2300"),
        *("2020-04-20T10:00:00+99:00", "Mon, 20 Apr 2020 " + "x" * 100),
    ],
)
def test_invalid_date_returns_none(raw: str) -> None:
    assert parse_date(raw) is None


@given(
    st.integers(0, 300_000_000_000).map(lambda second: FIRST + timedelta(seconds=second)),
    st.integers(-720, 720),
)
def test_iso_dates_round_trip(moment: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = (moment + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S").zfill(19)

    assert parse_date(f"{local}{sign}{hours:02}:{rest:02}") == moment


@given(st.one_of(st.text(max_size=90), st.from_regex(r"[\w ,:+T./-]{0,40}", fullmatch=True)))
def test_parse_date_never_raises_and_returns_utc(raw: str) -> None:
    parsed = parse_date(raw)

    assert parsed is None or parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("Mon, 20 Apr 2020 09:30:00 GMT", "ok"),
        ("Mon, 20 Apr 2020 13:59:00 GMT", "ok"),
        ("Mon, 20 Apr 2020 14:01:00 GMT", "future"),
        ("2038-01-19", "future"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "ancient"),
        ("0001-01-01T00:00:00Z", "ancient"),
        ("soon", "unparsable"),
        ("", "missing"),
        (" ", "missing"),
    ],
)
def test_implausible_dates_are_flagged_and_not_trusted(raw: str, flag: str) -> None:
    judged = check_date(raw, parse_date(raw), now=NOW, tolerance=TOLERANCE)

    assert judged.flag == flag
    assert judged.claimed_date == parse_date(raw)
    assert judged.trusted == (judged.claimed_date if flag == "ok" else None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 20 Apr 2020 12:01:00 GMT", 60),
        ("Mon, 20 Apr 2020 11:00:00 GMT", 0),
        ("9" * 400, 10**8),
        ("-3", None),
        ("later", None),
        ("", None),
    ],
)
def test_retry_after(value: str, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert parse_retry_after(value, now=NOW) == expected


@given(st.text(max_size=40))
def test_retry_after_never_raises(value: str) -> None:
    wait = parse_retry_after(value, now=NOW)

    assert wait is None or wait >= timedelta(0)
