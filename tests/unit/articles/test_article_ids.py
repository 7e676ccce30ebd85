"""Article ids and the day that they contain."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from service.store.articles.ids import day_of_id, first_id_of_day, make_article_id

TIMESTAMPS = st.datetimes(datetime(2000, 1, 1), datetime(2089, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the bounds are naive by hypothesis' rule


@given(TIMESTAMPS, st.integers(1, 2**38 - 1))
def test_id_contains_the_day_and_fits_a_json_number(timestamp: datetime, number: int):
    made = make_article_id(timestamp, number)
    assert day_of_id(made) == timestamp.date()
    assert 0 < made < 2**53


@given(TIMESTAMPS, st.integers(1, 2**38 - 1))
def test_each_day_is_a_contiguous_id_range(timestamp: datetime, number: int):
    tomorrow = timestamp.date() + timedelta(days=1)
    assert (
        first_id_of_day(timestamp.date())
        <= make_article_id(timestamp, number)
        < first_id_of_day(tomorrow)
    )


def test_day_of_an_id_is_in_utc():
    evening = datetime(2023, 4, 24, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert day_of_id(make_article_id(evening, 1)) == date(2023, 4, 25)
