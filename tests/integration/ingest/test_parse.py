"""Feed parsing in every format, valid and malformed; all feeds are invented."""

import codecs
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain.articles.entries import ParsedFeed, Publisher
from service.errors import NotAFeedError
from service.ingest.parsing.parse import MAX_ENTRIES, parse_feed
from service.ingest.parsing.repair import repair

URL = "https://outlet.example/feeds/news.xml"
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://outlet.example/world/">
<title type="html">Harbour &amp;amp; Coast</title>
<link rel="self" href="https://outlet.example/self"/><link href="https://outlet.example/"/>
<entry><id>tag:outlet.example,2020:1</id><title type="text">1 &lt; 2 &amp; so on</title>
<link rel="alternate" href="bridge"/><link rel="enclosure" href="a.mp3"/>
<published>2020-04-20T10:00:00Z</published><updated>2020-04-20T11:00:00+01:00</updated>
<author><name>A. Writer</name></author><category term="local" label="Local"/>
<summary type="html">&lt;p&gt;The bridge is &lt;b&gt;open&lt;/b&gt;.&lt;/p&gt;</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>First.</p><p>Second &amp; last.</p></div></content>
</entry></feed>"""
RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://outlet.example/"><title>Harbour</title><link>https://outlet.example/</link>
<dc:language>tr</dc:language><sy:updatePeriod>hourly</sy:updatePeriod>
<sy:updateFrequency>4</sy:updateFrequency></channel>
<item rdf:about="https://outlet.example/1"><title>Köprü açıldı</title>
<link>https://outlet.example/1</link><dc:date>2020-04-20T10:00:00+03:00</dc:date>
<dc:creator>B. Yazar</dc:creator></item></rdf:RDF>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour",
"home_page_url": "/", "language": "en", "items": [
{"id": "1", "url": "/bridge", "title": "Bridge reopened", "content_html": "<p>It is <b>open</b>.</p>",
 "summary": "Open.", "date_published": "2020-04-20T10:00:00Z", "authors": [{"name": "A. Writer"}],
 "tags": ["local", 7]},
"not an object",
{"id": 2, "content_text": "No title, no link.", "author": {"name": "B"}, "date_modified": "soon"}]}"""


def rss(items: str, *, head: str = "", prolog: str = '<?xml version="1.0"?>') -> str:
    return (
        f'{prolog}{head}<rss version="2.0"><channel><title>Harbour</title>'
        f"<link>https://outlet.example/</link><language>en</language><ttl>15</ttl>{items}"
        "</channel></rss>"
    )


def item(title: str = "Bridge reopened", more: str = "") -> str:
    return f"<item><title>{title}</title><link>https://outlet.example/1</link>{more}</item>"


def parse(feed: str | bytes, content_type: str = "") -> ParsedFeed:
    body = feed.encode() if isinstance(feed, str) else feed
    return parse_feed(body, url=URL, content_type=content_type)


def test_atom() -> None:
    feed = parse(ATOM)
    entry = feed.entries[0]

    assert (feed.title, feed.link, feed.language, feed.format) == (
        "Harbour & Coast",
        "https://outlet.example/",
        "en",
        "atom10",
    )
    assert (entry.guid, entry.title) == ("tag:outlet.example,2020:1", "1 < 2 & so on")
    assert entry.link == "https://outlet.example/world/bridge"
    assert (entry.summary, entry.content) == ("The bridge is open.", "First.\nSecond & last.")
    assert entry.published == datetime(2020, 4, 20, 10, 0, tzinfo=UTC)
    assert entry.updated == datetime(2020, 4, 20, 10, 0, tzinfo=UTC)
    assert (entry.author, entry.categories, entry.language) == ("A. Writer", ("Local",), "en")
    assert feed.warnings == ()


def test_rdf() -> None:
    feed = parse(RDF)

    assert (feed.format, feed.language, feed.ttl) == ("rss10", "tr", timedelta(minutes=15))
    assert feed.entries[0].title == "Köprü açıldı"
    assert feed.entries[0].author == "B. Yazar"
    assert feed.entries[0].published == datetime(2020, 4, 20, 7, 0, tzinfo=UTC)


def test_json_feed_with_one_bad_entry() -> None:
    feed = parse(JSON)
    first, second = feed.entries

    assert (feed.title, feed.link, feed.format) == ("Harbour", "https://outlet.example/", "json1")
    assert (first.link, first.content, first.summary) == (
        "https://outlet.example/bridge",
        "It is open.",
        "Open.",
    )
    assert (first.author, first.categories, first.language) == ("A. Writer", ("local",), "en")
    assert first.published == datetime(2020, 4, 20, 10, 0, tzinfo=UTC)
    assert (second.guid, second.title, second.content) == ("2", "", "No title, no link.")
    assert (second.published, second.published_raw) == (None, "soon")
    assert feed.warnings == ("Entry 2 cannot be read: TypeError('not an object')",)


def test_rss_with_html_in_title_and_description() -> None:
    more = (
        "<guid isPermaLink='false'>7</guid><pubDate>Mon, 20 Apr 2020 10:00:00 GMT</pubDate>"
        "<description><![CDATA[<p>The bridge &amp; the road</p><img src='x'/>]]></description>"
        "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        "&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content:encoded>"
    )
    feed = parse(rss(item("It&amp;#8217;s &lt;b&gt;open&lt;/b&gt; at S&amp;P", more)))
    entry = feed.entries[0]

    assert (feed.ttl, feed.language) == (timedelta(minutes=15), "en")
    assert entry.title == "It’s open at S&P"
    assert (entry.summary, entry.content) == ("The bridge & the road", "One.\nTwo.")
    assert (entry.guid, entry.link) == ("7", "https://outlet.example/1")


def test_image_description_is_not_the_summary() -> None:
    media = "<m:content xmlns:m='http://search.yahoo.com/mrss/' url='x'><m:description>{}</m:description></m:content>"
    both = item(more="<description>The bridge is open.</description>" + media.format("A crane."))
    alone = item(more=media.format("A crane."))

    feed = parse(rss(both + alone))

    assert [entry.summary for entry in feed.entries] == ["The bridge is open.", "A crane."]


def test_missing_date_is_not_replaced_by_another_date() -> None:
    entry = parse(rss(item(more="<pubDate></pubDate>"))).entries[0]

    assert (entry.published, entry.updated, entry.published_raw) == (None, None, "")


def test_links_in_unusual_elements_are_used() -> None:
    relative = "<item><title>a</title><link>/a</link></item>"
    permalink = "<item><title>b</title><guid>https://outlet.example/b</guid></item>"
    feedburner = (
        "<item><title>c</title><link>https://feeds.example/~r/c</link><feedburner:origLink"
        " xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'>https://outlet.example/c"
        "</feedburner:origLink></item>"
    )
    feed = parse(rss(relative + permalink + feedburner))

    assert [entry.link for entry in feed.entries] == [
        "https://outlet.example/a",
        "https://outlet.example/b",
        "https://outlet.example/c",
    ]


RUSSIAN = "Мост снова открыт"


@pytest.mark.parametrize(
    ("declared", "actual", "header"),
    [
        ("windows-1251", "windows-1251", ""),
        ("windows-1251", "windows-1251", "text/xml; charset=ISO-8859-1"),
        ("windows-1251", "windows-1251", "text/xml; charset=utf-8"),
        ("utf-8", "windows-1251", "text/xml; charset=windows-1251"),
        ("windows-1251", "utf-8", ""),
        ("koi8-r", "koi8-r", "application/xml"),
        ("iso-8859-5", "iso-8859-5", ""),
        ("no-such-charset", "utf-8", "text/xml; charset=nonsense"),
        ("unicode_escape", "utf-8", "text/xml; charset=punycode"),
        ("utf-16", "utf-16", ""),
        ("utf-16", "utf-16-le", ""),
        ("utf-16", "utf-16-be", "text/xml"),
        ("utf-16", "utf-8", ""),
        ("utf-8", "utf-8-sig", ""),
        ("utf-32", "utf-32", ""),
        ("", "utf-8", ""),
    ],
)
def test_charset_is_detected_despite_wrong_declarations(
    declared: str, actual: str, header: str
) -> None:
    encoding = f' encoding="{declared}"' if declared else ""
    feed = rss(item(RUSSIAN), prolog=f'<?xml version="1.0"{encoding}?>')

    assert parse(feed.encode(actual), header).entries[0].title == RUSSIAN


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("iso-8859-1", "Café “open”"),
        ("iso-8859-9", "Köprü açıldı şimdi"),
        ("gb2312", "大桥重新开放"),
        ("shift_jis", "橋が再開"),
        ("iso-2022-jp", "橋が再開"),
        ("big5", "大橋重新開放"),
    ],
)
def test_other_charsets(declared: str, text: str) -> None:
    actual = {"iso-8859-1": "cp1252", "iso-8859-9": "cp1254"}.get(declared, declared)
    feed = rss(item(text), prolog=f'<?xml version="1.0" encoding="{declared}"?>')

    assert parse(feed.encode(actual)).entries[0].title == text


def test_invalid_bytes_are_replaced_with_a_warning() -> None:
    feed = parse(rss(item(RUSSIAN + "|")).encode().replace(b"|", b"\xff"))

    assert feed.entries[0].title == RUSSIAN + "\ufffd"
    assert feed.warnings == ("Some bytes are invalid in utf-8",)


def test_windows_characters_without_any_declaration() -> None:
    feed = rss(item("Café “open”"), prolog="")

    assert parse(feed.encode("cp1252")).entries[0].title == "Café “open”"


@pytest.mark.parametrize(
    ("bad", "title"),
    [
        ("a\x00b\x0bc", "abc"),
        ("a&#0;b&#xD800;c&#99999999999999;d", "abcd"),
        ("caf&eacute;&nbsp;&hellip;", "café …"),
        ("Fish & Chips", "Fish & Chips"),
        ("&unknown; thing", "&unknown; thing"),
        ("a\ufffeb", "ab"),
        (f"a&amp;#{'9' * 5000};b", "ab"),
        ("it&#146;s", "it’s"),
    ],
)
def test_forbidden_xml_characters_are_removed(bad: str, title: str) -> None:
    assert parse(rss(item(bad) + item("next"))).entries[0].title == title


@pytest.mark.parametrize(
    "mangled",
    [
        rss(item() + item("Second"))[:-40],
        rss(item() + item("Second")).replace("</channel></rss>", ""),
        rss(item() + item("Second <b>x</i>")),
        "\n\n  " + rss(item() + item("Second")),
        "Warning: something failed in line 3<br>" + rss(item() + item("Second")),
        rss(item() + item("Second")) + "<script>alert(1)</script>",
        rss(item(more="<media:thumb url='x'/>") + item("Second")),
    ],
)
def test_malformed_feed_still_yields_entries(mangled: str) -> None:
    feed = parse(mangled)

    assert feed.entries[0].title == "Bridge reopened"
    assert len(feed.entries) == 2


def test_elements_that_crash_feedparser_are_removed() -> None:
    broken = rss("<image></width></image>" + item() + "<item><title>Second</title>")

    assert [entry.title for entry in parse(broken).entries] == ["Bridge reopened", "Second"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (codecs.BOM_UTF8, "empty"),
        (b"\x00\x00", "empty"),
        (b"<!DOCTYPE html><html><head><title>Login</title></head></html>", "HTML page"),
        (b"<html><body><p>Not found", "HTML page"),
        (b"Not found", "starts with 'Not found'"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "Not RSS, Atom or JSON Feed"),
        (b"<?xml version='1.0'?><note><to>x</to></note>", "Not RSS, Atom or JSON Feed"),
        (b'{"items": []}', "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": 7}', "not a JSON Feed"),
        (b"[1, 2]", "not an object"),
        (b'{"version": ', "Malformed JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
    ],
)
def test_invalid_feed_is_rejected_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NotAFeedError, match=reason) as caught:
        parse(body)

    assert str(caught.value).startswith(URL)
    assert "\n" not in str(caught.value)


def test_json_feed_without_version_and_with_too_many_items() -> None:
    many = (
        '{"feed_url": "x", "version": 1, "items": [' + ",".join(["{}"] * (MAX_ENTRIES + 1)) + "]}"
    )
    odd = '{"feed_url": "x", "items": [{"title": true, "url": "http://[", "tags": {"a": 1}}]}'

    assert len(parse(many).entries) == MAX_ENTRIES
    assert "Only the newest" in parse(many).warnings[0]
    assert (parse(odd).entries[0].title, parse(odd).entries[0].categories) == ("", ())


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ('[{"id": 7, "title": 2026, "tags": "local"}]', ("7", "2026", "", ("local",))),
        ('[{"id": "a", "author": "A. Writer"}]', ("a", "", "A. Writer", ())),
        ('[{"id": "a", "authors": {"name": "A. Writer"}}]', ("a", "", "A. Writer", ())),
        ('[{"id": "a", "authors": ["A", "B"], "author": "A"}]', ("a", "", "A, B", ())),
        ('{"1": {"id": "a", "title": "Bridge"}}', ("a", "Bridge", "", ())),
        ('[{"id": "a", "title": "x,]", "tags": ["y",],},]', ("a", "x,]", "", ("y",))),
    ],
)
def test_json_feed_with_other_types(items: str, expected: tuple[object, ...]) -> None:
    [entry] = parse(f'{{"feed_url": "x", "items": {items}}}').entries

    assert (entry.guid, entry.title, entry.author, entry.categories) == expected


def test_feed_without_entries_is_valid() -> None:
    assert parse(rss("")).entries == ()


def laughs(levels: int = 12) -> str:
    nested = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, levels))
    return rss(item(f"&l{levels - 1};"), head=f'<!DOCTYPE rss [<!ENTITY l0 "ha">{nested}]>')


@pytest.mark.parametrize(
    "bomb",
    [
        laughs(),
        rss(item("&a;" * 50_000), head=f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'),
        rss(item("&x;"), head='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        rss(item("&x;"), head='<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>'),
        rss(item("&x;"), head="<!-- <a> --><!DOCTYPE rss [<!ENTITY x SYSTEM '/etc/passwd'>]>"),
        rss(item("x"), head="<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 100_000 + "]>"),
    ],
    ids=["laughs", "blowup", "file", "parameter", "behind a comment", "many"],
)
def test_entity_bombs_are_not_expanded(bomb: str) -> None:
    feed = parse(bomb)

    assert len(feed.entries) == 1
    assert len(feed.entries[0].title) < 500_000
    assert "root:" not in feed.entries[0].title
    assert feed.warnings


def test_short_document_entities_are_resolved() -> None:
    head = '<!DOCTYPE rss [<!ENTITY outlet "Harbour &#38; Coast"><!-- it\'s --> <!ENTITY lt "x">]>'

    assert parse(rss(item("&outlet; &lt;"), head=head)).entries[0].title == "Harbour & Coast <"


def test_doctype_of_old_feeds_is_accepted() -> None:
    head = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"'
        ' "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    )

    feed = parse(rss(item(), head=head))

    assert (len(feed.entries), feed.warnings) == (1, ())


@pytest.mark.parametrize(
    "piece", ["<!--", "<?x ", "<!DOCTYPE [", '<!DOCTYPE "', "&#", "&a", "<![CDATA["]
)
def test_repair_takes_linear_time(piece: str) -> None:
    assert repair(piece * 50_000).text is not None


def test_body_with_a_file_name_opens_no_file() -> None:
    with pytest.raises(NotAFeedError, match="etc/passwd"):
        parse(b"/etc/passwd")


def test_deeply_nested_elements() -> None:
    deep = "<a>" * 3000 + "</a>" * 3000

    assert parse(rss(item(more=deep) + item("Second"))).entries[1].title == "Second"


def test_archive_is_truncated_with_a_warning() -> None:
    feed = parse(rss("<item><title>x</title></item>" * (MAX_ENTRIES + 1)))

    assert len(feed.entries) == MAX_ENTRIES
    assert "Only the newest" in feed.warnings[0]


def test_password_in_the_url_is_not_in_messages() -> None:
    with pytest.raises(NotAFeedError) as caught:
        parse_feed(b"x", url="https://me:secret@outlet.example/", content_type="")

    assert "secret" not in str(caught.value)


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(
        [ATOM, RDF, JSON, rss(item() + item("Second", "<pubDate>x</pubDate>")), laughs(4)]
    ),
    st.randoms(use_true_random=False),
    st.sampled_from(["", "text/xml; charset=utf-16", "application/xml; charset=cp037"]),
)
def test_mutated_feeds_yield_entries_or_a_feed_error(
    feed: str, chance: random.Random, content_type: str
) -> None:
    body = bytearray(feed.encode())
    for _ in range(chance.randint(1, 30)):
        start = chance.randrange(len(body) + 1)
        piece = chance.choice(
            [
                b"<",
                b"&",
                b"\x00",
                b"\xff",
                b"]]>",
                b"<![CDATA[",
                b"&#x;",
                b"&#-1;",
                b"'",
                b"<!DOCTYPE",
                b"&#xDFFF;",
                b"<item>",
                b"{",
                b"\\ud800",
                b"xml:base='http://['",
                bytes([chance.randrange(256)]),
            ]
        )
        body[start : start + chance.choice([0, 0, 1, 5, 50])] = piece

    with suppress(NotAFeedError):  # anything else fails the test
        for entry in parse(bytes(body), content_type).entries:
            f"{entry}".encode()


def test_rss_source_names_the_publisher() -> None:
    source = '<source url="https://www.wire.example/rss">The &amp;amp; Wire</source>'
    [entry] = parse(rss(item(more=source))).entries

    assert entry.publisher == Publisher("https://www.wire.example/rss", "The & Wire")
    assert parse(rss(item(more="<source>Wire</source>"))).entries[0].publisher is None


def test_atom_source_names_the_publisher_by_its_site() -> None:
    source = (
        "<source><id>tag:wire.example</id><title>Wire</title>"
        '<link rel="self" href="https://wire.example/feed"/><link href="https://wire.example/"/></source>'
    )
    [entry] = parse(ATOM.replace("</entry>", f"{source}</entry>")).entries

    assert entry.publisher == Publisher("https://wire.example/", "Wire")


def test_feed_names_further_links_of_a_page() -> None:
    amp = '<link rel="amphtml" href="https://amp.outlet.example/bridge"/>'
    [entry] = parse(ATOM.replace("</entry>", f"{amp}</entry>")).entries

    assert entry.other_links == ("https://amp.outlet.example/bridge",)
    assert parse(rss(item())).entries[0].other_links == ()
