"""Publishers that aggregators name."""

import pytest

from service.domain.articles.entries import FeedContext, Publisher
from service.domain.identity.publishers import (
    is_planet,
    make_outlet,
    named_publisher,
    repeats_headline,
    strip_publisher,
)

WIRE = Publisher("https://www.wire.example", "The Wire")
FEED = FeedContext("https://outlet.example/rss", "https://www.outlet.example/")


@pytest.mark.parametrize(
    ("publisher", "is_named"),
    [
        (WIRE, True),
        (None, False),
        (Publisher("", "Outlet"), False),
        (Publisher("https://sport.outlet.example/rss", "Outlet"), False),
        (Publisher("https://news.google.com/articles/1", "Google News"), False),
        (Publisher("https://steemit.com/", "Steemit"), False),
    ],
)
def test_entry_names_the_publisher_of_another_site(
    publisher: Publisher | None, *, is_named: bool
) -> None:
    assert named_publisher(publisher, FEED) == (publisher if is_named else None)


@pytest.mark.parametrize(
    ("own", "foreign", "planet"),
    [
        (0, ("a.example", "b.example", "c.example"), True),
        (2, ("a.example", "b.example", "c.example"), True),
        (3, ("a.example", "b.example", "c.example"), False),
        (0, ("a.example", "b.example", "www.b.example"), False),
    ],
)
def test_planet_links_to_three_other_domains(
    own: int, foreign: tuple[str, ...], *, planet: bool
) -> None:
    links = [f"https://outlet.example/{number}" for number in range(own)]
    links += [f"https://{host}/post" for host in foreign]

    assert is_planet(links, FEED) is planet


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("Bridge reopens The Wire", True),
        ("Bridge reopens", True),
        ("Bridge reopens after a storm", False),
    ],
)
def test_text_may_only_repeat_the_headline(text: str, *, repeats: bool) -> None:
    assert repeats_headline(text, "Bridge reopens - The Wire", WIRE) is repeats


@pytest.mark.parametrize(
    ("title", "stripped"),
    [
        ("Bridge reopens - The Wire", "Bridge reopens"),
        ("Bridge reopens | the wire", "Bridge reopens"),
        ("Bridge reopens - wire.example", "Bridge reopens"),
        ("Bridge reopens — Wire", "Bridge reopens"),
        ("Bridge reopens - officials", "Bridge reopens - officials"),
        ("The Wire", "The Wire"),
    ],
)
def test_publisher_suffix(title: str, stripped: str) -> None:
    assert strip_publisher(title, WIRE) == stripped


def test_outlet_of_a_publisher_has_the_family_of_its_domain() -> None:
    outlet = make_outlet(Publisher("https://sport.wire.co.uk/rss", "Wire Sport"))

    assert (outlet.slug, outlet.name, outlet.family) == (
        "sport.wire.co.uk",
        "Wire Sport",
        "wire.co.uk",
    )
    assert make_outlet(Publisher("https://ann.blogspot.com/x", "")).family == "ann.blogspot.com"
