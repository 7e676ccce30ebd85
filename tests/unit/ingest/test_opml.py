"""Reading and writing OPML."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text.markup import one_line
from service.errors import BadInputError
from service.ingest.opml import NAMESPACE, OpmlFeed, OpmlList, read_opml, write_opml
from service.store.catalogue.feeds import FeedStatus

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title> My  feeds </title></head><body>
<outline text="World"><outline text="Asia" title="Asia &amp; Pacific">
  <outline type="rss" text="Harbour Post" xmlUrl="https://harbour.example/rss"
           htmlUrl="https://harbour.example/" language="en"/>
</outline></outline>
<outline text="Upper case" XMLURL="http://upper.example/feed"/>
<outline text="Other name" type="rss" feedUrl="https://other.example/feed"/>
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
        OpmlFeed("https://other.example/feed", "Other name"),
        OpmlFeed("http://old.example/feed", "Old scheme"),
        OpmlFeed("https://older.example/feed", "Older scheme"),
    )
    assert listed.warnings == (
        "feeds.opml, line 12: 'file:///etc/passwd' is not an http(s) URL; skipped",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_opml_encodings_are_detected(encoding: str) -> None:
    text = NESTED.replace("UTF-8", encoding).replace("Harbour Post", "Гавань")

    assert read_opml(text.encode(encoding), name="x").feeds[0].title == "Гавань"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "malformed XML"),
        (b"<opml version='2.0'><head/></opml>", "not OPML"),
        (b"<rss version='2.0'/>", "not OPML: expected <opml> with a <body>, got <rss>"),
        (b"\x00\xff\xfe", "malformed XML"),
        (b"<html><body><outline/></body></html>", "not OPML"),
        (b"a list of feeds", "malformed XML"),
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


#: Three lines: an outline to test, a folder with a feed, and a feed.
LIST = """<opml version="2.0"><body>{}
<outline text="F"><outline text="B" xmlUrl="https://b.example/f"/></outline>
<outline text="C" xmlUrl="https://c.example/f"/></body></opml>"""


def read(text: str) -> OpmlList:
    return read_opml(text.encode(), name="x")


@pytest.mark.parametrize(
    ("written", "title", "url"),
    [
        ('text="A & B" xmlUrl="https://a.example/?x=1&y=2"', "A & B", "https://a.example/?x=1&y=2"),
        ('text="S&amp;P & R&D" xmlUrl="https://a.example/f"', "S&P & R&D", "https://a.example/f"),
        ('text="Caf&eacute; &raquo;" xmlUrl="https://a.example/f"', "Café »", "https://a.example/f"),
        ('text="Caf&amp;eacute; &amp;amp; co" xmlUrl="https://a.example/f"', "Café & co", "https://a.example/f"),
        ('text="A < B <b>" xmlUrl="https://a.example/f"', "A < B <b>", "https://a.example/f"),
        ("text=A xmlUrl=https://a.example/f ", "A", "https://a.example/f"),
        ("text='It is \"A\"' xmlUrl='https://a.example/f'", 'It is "A"', "https://a.example/f"),
        ('text="A" text="B" xmlUrl="https://a.example/f"', "A", "https://a.example/f"),
        ('TEXT="A" XMLURL="https://a.example/f"', "A", "https://a.example/f"),
        ('text="A" type="rss" url="https://a.example/f"', "A", "https://a.example/f"),
        ('text="A" url="https://a.example/f"', "A", "https://a.example/f"),
        ('text="A" xmlUrl=" https://a.example/f&#10;"', "A", "https://a.example/f"),
        ('text="A" xmlUrl="a.example/f"', "A", "https://a.example/f"),
        ('text="A" xmlUrl="//a.example/f"', "A", "https://a.example/f"),
        ('text="A" xmlUrl="https://a.example/RSS Feeds/f"', "A", "https://a.example/RSS%20Feeds/f"),
        ('text="A" xmlUrl="https://a.example/?x=1&amp;amp;y=2"', "A", "https://a.example/?x=1&y=2"),
    ],
)  # fmt: skip
def test_outlines_of_other_programs_are_read(written: str, title: str, url: str) -> None:
    listed = read(LIST.format(f"<outline {written}/>"))

    assert [(feed.title, feed.url) for feed in listed.feeds] == [
        (title, url),
        ("B", "https://b.example/f"),
        ("C", "https://c.example/f"),
    ]
    assert listed.warnings == ()


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE opml SYSTEM "http://example.org/opml.dtd">',
        '<?xml version="1.0"?>\n<!DOCTYPE opml PUBLIC "-//X//Y" "x.dtd" [<!ENTITY a "b">]>\n',
        '<?xml version="1.0" encoding="UTF-8">',
        "<!-- exported & more -->",
        "\n  ",
    ],
)
def test_prologs_of_other_programs_are_accepted(head: str) -> None:
    assert len(read(head + LIST.format("")).feeds) == 2


@pytest.mark.parametrize(
    "text",
    [
        '<opml xmlns="http://opml.org/spec2" version="2.0"><body>{}</body></opml>',
        '<o:opml xmlns:o="http://opml.org/spec2"><o:body>{}</o:body></o:opml>',
        "<x:opml><x:body>{}</x:body></x:opml>",
        "<OPML><HEAD/><BODY>{}</BODY></OPML>",
        "<opml><head/>{}</opml>",
        "<opml><body>{}",
    ],
)
def test_namespaces_case_and_missing_elements_do_not_matter(text: str) -> None:
    outline = '<outline text="A" xmlUrl="https://a.example/f"/>'
    for element in (outline, outline.replace("outline", "OUTLINE")):
        assert [feed.title for feed in read(text.format(element)).feeds] == ["A"]


def test_entities_of_a_document_type_are_not_expanded_from_files_or_each_other() -> None:
    head = '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'
    listed = read(head + LIST.format('<outline text="&a;&b;" xmlUrl="https://a.example/f"/>'))

    assert listed.feeds[0].title == "&a;&b;"


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        ('<outline text="A" xmlUrl="ftp://a.example/f"/>', "'ftp://a.example/f' is not an http(s) URL; skipped"),
        ('<outline text="A" xmlUrl="http://[bad"/>', "'http://[bad' is not an http(s) URL; skipped"),
        ('<outline text="A" xmlUrl="no url"/>', "'no%20url' is not an http(s) URL; skipped"),
        ('<outline text="A" type="rss"/>', "the feed 'A' has no xmlUrl; skipped"),
        ('<outline text="A" type="include" url="https://a.example/l.opml"/>', "the list 'https://a.example/l.opml' is not part of this file; skipped"),
        ('<outline text="A" xmlUrl="https://a.example/f/>', "malformed outline; skipped"),
        ('<outline text="A "quoted" title" xmlUrl="https://a.example/f"/>', "malformed outline; skipped"),
        ('<outline text="A" xmlUrl="https://a.example/f"', "malformed outline; skipped"),
    ],
)  # fmt: skip
def test_bad_outline_is_reported_with_its_line_and_skipped(outline: str, reason: str) -> None:
    listed = read(LIST.format("\n" + outline))

    assert [feed.url for feed in listed.feeds] == ["https://b.example/f", "https://c.example/f"]
    assert listed.feeds[0].folders == ("F",)
    assert listed.warnings[0] == f"x, line 2: {reason}"


def test_long_url_is_reported_without_its_end() -> None:
    listed = read(LIST.format(f'<outline xmlUrl="https://a.example/{"x" * 3000}"/>'))

    assert len(listed.feeds) == 2
    assert "is too long" in listed.warnings[0]
    assert len(listed.warnings[0]) < 200


def test_same_feed_in_several_folders_is_read_once() -> None:
    folders = "".join(
        f'<outline text="{name}"><outline text="A" xmlUrl="{scheme}://a.example/f{end}"/></outline>'
        for name, scheme, end in [("One", "https", ""), ("Two", "http", "/"), ("One", "http", "")]
    )
    feed = read(LIST.format(folders)).feeds[0]

    assert (feed.url, feed.folders, feed.categories) == ("https://a.example/f", ("One",), ("/Two",))


def test_export_opens_in_a_strict_reader() -> None:
    feed = OpmlFeed(
        "https://a.example/?x=1&y=<2>",
        'S&P "500"',
        "https://a.example/",
        "en",
        ("World & more",),
        ("/World/Asia", "news"),
        FeedStatus.PAUSED,
    )
    written = write_opml([feed, OpmlFeed("https://b.example/f")], title="T")
    root = ET.fromstring(written)  # noqa: S314 - output of this project

    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", "T")
    outlines = [each for each in root.iter("outline") if each.get("xmlUrl")]
    assert [(each.get("type"), each.get("text")) for each in outlines] == [
        ("rss", 'S&P "500"'),
        ("rss", "https://b.example/f"),
    ]
    assert outlines[0].get("category") == "/World/Asia,news"
    assert outlines[0].get(f"{{{NAMESPACE}}}status") == "paused"
    # Only this attribute is outside OPML 2.0, and only of a feed that is not active.
    assert not [key for key in outlines[1].attrib if key.startswith("{")]


_WORDS = st.sampled_from(["&amp;", "S&P;", "&ap;x", "&#38;"]) | st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8
).filter(lambda word: one_line(word) == word)  # invisible characters are removed
_FEEDS = st.builds(
    OpmlFeed,
    url=st.integers(0, 99).map(lambda number: f"https://outlet.example/{number}?a=1&b=<2>"),
    title=_WORDS,
    site=st.sampled_from(["", "https://outlet.example/?a=1&b=<2>", "x"]),
    language=st.sampled_from(["", "en", "ru"]),
    folders=st.lists(_WORDS, max_size=3).map(tuple),
    categories=st.lists(_WORDS.map(lambda word: word.replace(",", "/")), unique=True).map(tuple),
    status=st.sampled_from(FeedStatus),
)


@given(st.lists(_FEEDS, max_size=6, unique_by=lambda feed: feed.url))
def test_opml_round_trip(feeds: list[OpmlFeed]) -> None:
    listed = read_opml(write_opml(feeds, title="Feeds"), name="x")

    assert sorted(listed.feeds, key=lambda feed: feed.url) == sorted(
        feeds, key=lambda feed: feed.url
    )
    assert listed.warnings == ()
