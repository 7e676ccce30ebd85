"""Usual RSS 2.0 documents are read fast; the result is the same as with feedparser."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import NotAFeedError
from service.ingest.parsing.parse import parse_feed
from service.ingest.parsing.plain_rss import read_plain_rss
from service.ingest.parsing.repair import repair
from tests.bench.samples import feed_files

URL = "https://daily.example/feed/"
NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)
#: Has no effect, and is left to feedparser.
UNUSUAL = '<x:unusual xmlns:x="urn:unusual"/>'
TEXTS = st.sampled_from(
    [
        "",
        " Ferry runs aground ",
        "S&P 500 rises",
        "It&#8217;s over",
        "A <b>bold</b> plan",
        f"a&#{'9' * 20};b",
        "&#x1f600; &#xabcdefab; &nosuch; &rsquo;",
        "a < b and c > d",
        "<p>First.</p><p>Second &amp; third.</p>",
        "cafÃ© reopens",
        "Café “Zum Löwen” — öffnet",
        "Мост открыт",
        "tab\there\nand a line",
        "euro \x80 sign",
    ]
)
LINKS = st.sampled_from(
    ["https://daily.example/a?b=1&c=2", "http:////daily.example/x", "/relative", "", "1234"]
)
DATES = st.sampled_from(["Thu, 11 May 2023 10:00:00 GMT", "2023-05-11", "yesterday", ""])


def element(
    name: str, texts: st.SearchStrategy[str], attributes: str = ""
) -> st.SearchStrategy[str]:
    start = f"<{name} {attributes}>" if attributes else f"<{name}>"
    end = name.split(" ", 1)[0]
    escaped = texts.map(lambda text: f"{start}{escape(text)}</{end}>")
    literal = texts.map(lambda text: f"{start}<![CDATA[{text}]]></{end}>")
    return st.one_of(escaped, literal)


PARTS = st.one_of(
    element("title", TEXTS),
    element("link", LINKS),
    element("guid", LINKS),
    element("guid", LINKS, 'isPermaLink="false"'),
    element("description", TEXTS),
    element("content:encoded", TEXTS),
    element("pubDate", DATES),
    element("dc:date", DATES),
    element("author", st.just("desk@daily.example (The Desk)")),
    element("dc:creator", TEXTS),
    element("category", TEXTS),
    element("category", TEXTS, 'domain="https://daily.example/topics"'),
    element("source", TEXTS, 'url="https://wire.example/rss"'),
    element("description", TEXTS, 'xml:lang="de"'),
    element("media:title", TEXTS),
    st.sampled_from(
        [
            '<enclosure url="https://daily.example/a.mp3" type="audio/mpeg" length="1"/>',
            '<atom:link href="https://daily.example/amp" rel="amphtml" type="Text/HTML"/>',
            '<atom:link href="https://daily.example/b"/>',
            '<media:thumbnail url="https://daily.example/a.jpg"/>',
            '<media:content url="https://daily.example/a.jpg" medium="image">Caption</media:content>',
            '<media:credit role="photographer">A. Reporter</media:credit>',
            '<post-id xmlns="com-wordpress:feed-additions:1">7</post-id>',
            "<feedburner:origLink>https://daily.example/original</feedburner:origLink>",
            "<comments>https://daily.example/a#comments</comments>",
            "<link/>",
            "<description><p>markup</p></description>",
        ]
    ),
)
HEADS = st.one_of(
    element("title", TEXTS),
    element("link", LINKS),
    element("language", st.sampled_from(["en", "de-DE", ""])),
    element("ttl", st.sampled_from(["60", "x"])),
    element("sy:updatePeriod", st.just("hourly")),
    element("sy:updateFrequency", st.just("2")),
    element("description", TEXTS),
    st.sampled_from(
        [
            '<atom:link href="https://daily.example/feed/" rel="self" type="application/rss+xml"/>',
            "<image><url>https://daily.example/i.png</url><title>I</title><link>/</link></image>",
            '<feedburner:info uri="daily"/>',
            '<site xmlns="com-wordpress:feed-additions:1">5</site>',
            "<category>News</category>",
            "<lastBuildDate>Thu, 11 May 2023 10:00:00 GMT</lastBuildDate>",
        ]
    ),
)
ITEMS = st.lists(st.lists(PARTS, max_size=7).map("".join), min_size=1, max_size=4)
USUAL = (
    "<title>Ferry</title><link>https://daily.example/a</link><guid>https://daily.example/a</guid>"
    "<description>Aground.</description><pubDate>Thu, 11 May 2023 10:00:00 GMT</pubDate>"
)


def render(heads: str, items: list[str], *, end: str = "") -> str:
    rendered = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" {NAMESPACES}><channel>{heads}{rendered}{end}</channel></rss>'


def parse(document: bytes) -> object:
    try:
        return parse_feed(document, url=URL)
    except NotAFeedError as error:
        return str(error)


@given(st.lists(HEADS, max_size=5).map("".join), ITEMS)
@example("<title>Daily</title>", [USUAL])
@example("", ["<guid>https://daily.example/a</guid><link>https://daily.example/b</link>"])
@example("", ["<feedburner:origLink>https://daily.example/o</feedburner:origLink>"])
@example("", ["<content:encoded>a</content:encoded><description>b</description>"])
def test_result_is_that_of_feedparser(heads: str, items: list[str]) -> None:
    left_to_feedparser = render(heads, items, end=UNUSUAL)

    assert read_plain_rss(repair(left_to_feedparser).text) is None
    assert parse(render(heads, items).encode()) == parse(left_to_feedparser.encode())


def test_usual_documents_are_read_without_feedparser() -> None:
    assert read_plain_rss(render("<title>Daily</title>", [USUAL] * 3)) is not None


@pytest.mark.parametrize("path", feed_files(), ids=lambda path: path.name)
def test_sample_feeds_are_read_alike(path: Path) -> None:
    document = path.read_bytes()
    altered = document.replace(b"</channel>", f"{UNUSUAL}</channel>".encode())

    assert parse(document) == parse(altered)


@pytest.mark.parametrize(
    "document",
    [
        "<rss version='2.0'><channel><item><title lang='de'>a</title></item></channel></rss>",
        "<rss version='2.0'><channel><item><title>a</title><title>b</title></item></channel></rss>",
        "<rss version='0.91'><channel><item><title>a</title></item></channel></rss>",
        "<rss version='2.0' xml:base='https://b.example/'><channel><item/></channel></rss>",
        "<rss version='2.0' xmlns='http://purl.org/rss/1.0/'><channel><item/></channel></rss>",
        "<rss version='2.0' xmlns:dc='urn:other'><channel><item/></channel></rss>",
        "<rss version='2.0'><channel><title>a</title></channel></rss>",
        "<rss version='2.0'><channel><item><title>a</item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title></entry></feed>",
    ],
)
def test_unusual_documents_are_left_to_feedparser(document: str) -> None:
    assert read_plain_rss(document) is None
