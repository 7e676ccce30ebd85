"""Reading and writing OPML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInputError
from service.ingest.opml import OpmlFeed, read_opml, write_opml

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title> My  feeds </title></head><body>
<outline text="World"><outline text="Asia" title="Asia &amp; Pacific">
  <outline type="rss" text="Harbour Post" xmlUrl="https://harbour.example/rss"
           htmlUrl="https://harbour.example/" language="en"/>
</outline></outline>
<outline text="Upper case" XMLURL="http://upper.example/feed"/>
<outline text="Again" xmlUrl="https://harbour.example/rss"/>
<outline text="Old scheme" xmlUrl="feed://old.example/feed"/>
<outline text="Older scheme" xmlUrl="feed:https://older.example/feed"/>
<outline text="A file" xmlUrl="file:///etc/passwd"/>
<outline text="A note"/>
</body></opml>"""


def test_nested_opml_is_read_with_folders() -> None:
    listed = read_opml(NESTED.encode(), name="feeds.opml")

    assert listed.title == "My feeds"
    assert listed.feeds == (
        OpmlFeed(
            "https://harbour.example/rss",
            "Harbour Post",
            "https://harbour.example/",
            "en",
            ("World", "Asia & Pacific"),
        ),
        OpmlFeed("http://upper.example/feed", "Upper case"),
        OpmlFeed("http://old.example/feed", "Old scheme"),
        OpmlFeed("https://older.example/feed", "Older scheme"),
    )
    assert listed.warnings == ("feeds.opml: 'file:///etc/passwd' is not an http(s) URL; skipped",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_opml_encodings_are_detected(encoding: str) -> None:
    text = NESTED.replace("UTF-8", encoding).replace("Harbour Post", "Гавань")

    assert read_opml(text.encode(encoding), name="x").feeds[0].title == "Гавань"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "malformed XML"),
        (b"<opml><body><outline></body></opml>", "malformed XML"),
        (b"<opml version='2.0'><head/></opml>", "not OPML"),
        (b"<rss version='2.0'/>", "not OPML: expected <opml> with a <body>, got <rss>"),
        (b"\x00\xff\xfe", "malformed XML"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml><body/></opml>', "DOCTYPE"),
        (b'<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml><body/></opml>', "DOCTYPE"),
    ],
)
def test_invalid_opml_is_rejected_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason) as caught:
        read_opml(data, name="feeds.opml")

    assert str(caught.value).startswith("feeds.opml: ")
    assert "\n" not in str(caught.value)


def test_deep_folders_are_flattened() -> None:
    deep = "<outline text='a'>" * 5000
    data = f"<opml><body>{deep}<outline xmlUrl='http://x.example/'/>{'</outline>' * 5000}</body></opml>"

    assert len(read_opml(data.encode(), name="deep").feeds[0].folders) == 20


_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8
)
_FEEDS = st.builds(
    OpmlFeed,
    url=st.integers(0, 99).map(lambda number: f"https://outlet.example/{number}?a=1&b=<2>"),
    title=_WORDS,
    site=st.just("") | _WORDS,
    language=st.sampled_from(["", "en", "ru"]),
    folders=st.lists(_WORDS, max_size=3).map(tuple),
)


@given(st.lists(_FEEDS, max_size=6, unique_by=lambda feed: feed.url))
def test_opml_round_trip(feeds: list[OpmlFeed]) -> None:
    listed = read_opml(write_opml(feeds, title="Feeds"), name="x")

    assert sorted(listed.feeds, key=lambda feed: feed.url) == sorted(
        feeds, key=lambda feed: feed.url
    )
    assert listed.warnings == ()
