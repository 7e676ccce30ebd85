"""Lookup of the outlet of a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.catalogue.outlets import Outlet, SiteIndex, site_index

OUTLETS = [
    Outlet("bbc-news", "BBC News", sites=("bbc.com", "bbc.co.uk")),
    Outlet("bbc-russian", "BBC Russian", sites=("bbc.com/russian", "feeds.bbci.co.uk/russian/")),
]


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.bbc.com/news/world-1", "bbc-news"),
        ("https://bbc.co.uk", "bbc-news"),
        ("https://WWW.BBC.com/Russian/articles/x", "bbc-russian"),
        ("http://feeds.bbci.co.uk/russian/rss.xml", "bbc-russian"),
        ("https://www.bbc.com/russians", "bbc-news"),
        ("https://notbbc.com/russian", None),
        ("https://com/", None),
        ("http://[half", None),
        ("", None),
        (None, None),
    ],
)
def test_longest_matching_site_wins(url: str | None, slug: str | None):
    assert site_index(OUTLETS).match(url) == slug


@given(st.text())
def test_match_accepts_any_text(url: str):
    assert SiteIndex({"bbc.com": "bbc"}).match(url) in {None, "bbc"}
