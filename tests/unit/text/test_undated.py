"""Dates of entries without one: in the path of the link, or in a dateline."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.date_forms.undated import find_date

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://a.example/2019/05/12/bridge", "2019-05-12 day"),
        ("https://a.example/2019/5/2/bridge", "2019-05-02 day"),
        ("https://a.example/news/20190512-bridge.html", "2019-05-12 day"),
        ("https://a.example/bridge-2019-05-12", "2019-05-12 day"),
        ("https://a.example/2019/05/bridge", "2019-05-01 month"),
        ("https://a.example/archive/2019/bridge", "2019-01-01 year"),
        ("https://a.example/2027/01/01/bridge", None),
        ("https://a.example/1850/01/01/bridge", None),
        ("https://a.example/bridge-2019", None),
        ("https://a.example/article/201905123", None),
        ("https://a.example/bridge?date=2019/05/12", None),
        ("https://[/2019/05/12/", None),
        ("", None),
    ],
)
def test_date_in_the_path_of_a_link(link: str, expected: str | None) -> None:
    assert found(link) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MOSCOW, May 12, 2019 (Wire) - Ministers met.", "2019-05-12 day"),
        ("Paris, 12 May 2019 – Ministers met.", "2019-05-12 day"),
        ("PARIS 12 May 2019 - Ministers met.", "2019-05-12 day"),
        ("МОСКВА, 12 мая 2019 — Министры.", "2019-05-12 day"),
        ("Berlin, 12. Mai 2019 (Wire) - Minister.", "2019-05-12 day"),
        ("12.05.2019 | Ministers met", "2019-05-12 day"),
        ("Published on May 12, 2019: Ministers met.", "2019-05-12 day"),
        ("On September 11, 2001 - the day of the attacks - he was in town.", None),
        ("Am 11. September 2001 – er war in der Stadt.", None),
        ("The bridge was closed on 12 May 2019.", None),
        ("In 2019 the council met.", None),
        ("Paris, 12 May 2031 – Ministers will meet.", None),
    ],
)
def test_date_in_a_dateline(text: str, expected: str | None) -> None:
    assert found("", text) == expected


def test_the_link_is_read_before_the_texts() -> None:
    assert found("https://a.example/2019/05/12/", "Paris, 13 May 2019 – Talks.") == "2019-05-12 day"


@given(st.text(max_size=200), st.text(max_size=200))
def test_find_date_never_raises(link: str, text: str) -> None:
    date = find_date(link, (text,), language="", now=NOW)

    assert date is None or date.at <= NOW


def found(link: str, text: str = "") -> str | None:
    date = find_date(link, ("Bridge", text), language="", now=NOW)
    return f"{date.at:%Y-%m-%d} {date.precision}" if date else None
