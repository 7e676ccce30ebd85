"""Date parsing and plausibility checks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.date_forms.feed_date import FeedDate, Precision
from service.domain.text.dates import check_date, parse_date, parse_retry_after

NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
FIRST = datetime(1, 1, 3, tzinfo=UTC)
TOLERANCE = timedelta(hours=2)
FORMS = Path(__file__).parent / "date_forms.tsv"


def read_forms() -> Iterator[tuple[str, str, str, str, str]]:
    """Form, language, country, expected time and expected precision of each line of the table."""
    for line in FORMS.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            form, language, country, expected, precision = line.split("\t")
            yield form, language, country, expected, precision


@pytest.mark.parametrize(
    ("form", "language", "country", "expected", "precision"), list(read_forms())
)
def test_forms_of_feeds_are_parsed_with_their_precision(
    form: str, language: str, country: str, expected: str, precision: str
) -> None:
    parsed = parse_date(form, language=language, country=country)

    found = (parsed.at.isoformat()[:19], parsed.precision) if parsed else ("-", "-")
    assert found == (expected, precision)


@pytest.mark.parametrize("raw", ["", "  ", "Mon, 20 Apr 2020 " + "x" * 100, "1" * 3000])
def test_empty_and_long_texts_are_not_dates(raw: str) -> None:
    assert parse_date(raw) is None


def test_zone_is_that_of_times_without_one() -> None:
    zone = ZoneInfo("Europe/Berlin")
    naive, aware = "2026-04-20 15:04", "2026-04-20T15:04:00Z"

    assert parse_date(naive, zone=zone) == date_of("2026-04-20T13:04:00+00:00", "minute")
    assert parse_date(aware, zone=zone) == date_of("2026-04-20T15:04:00+00:00", "minute")


@pytest.mark.parametrize(
    ("precision", "latest"),
    [
        ("minute", "2026-04-01T00:00:00+00:00"),
        ("day", "2026-04-01T23:59:59+00:00"),
        ("month", "2026-04-30T23:59:59+00:00"),
        ("year", "2027-03-31T23:59:59+00:00"),
    ],
)
def test_latest_is_the_last_second_that_a_date_can_mean(precision: Precision, latest: str) -> None:
    assert date_of("2026-04-01T00:00:00+00:00", precision).latest == datetime.fromisoformat(latest)


def date_of(at: str, precision: Precision) -> FeedDate:
    return FeedDate(datetime.fromisoformat(at), precision)


@given(
    st.integers(0, 300_000_000_000).map(lambda second: FIRST + timedelta(seconds=second)),
    st.integers(-720, 720),
)
def test_iso_dates_round_trip(time: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = (time + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S").zfill(19)

    parsed = parse_date(f"{local}{sign}{hours:02}:{rest:02}")
    assert parsed is not None
    assert parsed.at == time
    assert parsed.precision == ("day" if local.endswith("00:00:00") else "minute")


@given(
    st.one_of(st.text(max_size=90), st.from_regex(r"[\w ,:+T./-]{0,40}", fullmatch=True)),
    st.one_of(
        st.sampled_from(["", "en-GB", "th", "hu", "x-y", "zh_Hant_TW"]), st.text(max_size=12)
    ),
    st.one_of(st.sampled_from(["", "US", "DE"]), st.text(max_size=3)),
)
def test_parse_date_never_raises_and_returns_utc(raw: str, language: str, country: str) -> None:
    parsed = parse_date(raw, language=language, country=country)

    assert parsed is None or parsed.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("Mon, 20 Apr 2020 09:30:00 GMT", "ok"),
        ("Mon, 20 Apr 2020 13:59:00 GMT", "ok"),
        ("Mon, 20 Apr 2020 14:01:00 GMT", "future"),
        ("2038-01-19", "future"),
        ("2020-04-20", "ok"),
        ("2020-04-21", "ok"),
        ("2020-04-22", "future"),
        ("2020-03", "vague"),
        ("03/04/2020", "vague"),
        ("03/04/2021", "future"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "ancient"),
        ("0001-01-01T00:00:00Z", "ancient"),
        ("soon", "unparsable"),
        ("", "missing"),
        (" ", "missing"),
    ],
)
def test_implausible_dates_are_flagged_and_not_trusted(raw: str, flag: str) -> None:
    judged = check_date(raw, parse_date(raw), now=NOW, tolerance=TOLERANCE)

    parsed = parse_date(raw)
    assert judged.flag == flag
    assert judged.claimed_date == (parsed.at if parsed else None)
    assert judged.precision == (parsed.precision if parsed else None)
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
