"""Documents that break the rules: bare "&", nested CDATA, wrong charsets, relative links."""

import pytest

from service.domain.articles.entries import Entry, ParsedFeed
from service.errors import BadInputError
from service.ingest.parsing.charset import parse_charset
from service.ingest.parsing.parse import MAX_ENTRIES, parse_feed
from service.ingest.parsing.repair import repair

URL = "https://outlet.example/feeds/news.xml"
CONTENT = "http://purl.org/rss/1.0/modules/content/"


def rss(items: str, *, head: str = "<link>https://outlet.example/</link>", prolog: str = "") -> str:
    return f'{prolog}<rss version="2.0"><channel><title>H</title>{head}{items}</channel></rss>'


def item(title: str = "One", link: str = "https://outlet.example/1", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def atom(links: str, *, head: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {head}><title>H</title>'
        '<link rel="self" href="https://feeds.example/h"/>'
        '<link href="https://outlet.example/news/"/>'
        f"<entry><id>tag:outlet.example,1</id><title>One</title>{links}</entry></feed>"
    )


def parse(feed: str | bytes, content_type: str = "", charset: str = "") -> ParsedFeed:
    body = feed.encode() if isinstance(feed, str) else feed
    return parse_feed(body, url=URL, content_type=content_type, charset=charset)


def first(feed: str | bytes) -> Entry:
    return parse(feed).entries[0]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("S&P 500", "S&P 500"),
        ("S&amp;P 500 & R&D", "S&P 500 & R&D"),
        ("AT&T; Q&A", "AT&T; Q&A"),
        ("A&B&C&", "A&B&C&"),
        ("&&", "&&"),
        ("Caf&eacute; & bar", "Café & bar"),
        ("Tom &amp; Jerry &#38; Co", "Tom & Jerry & Co"),
        ("<![CDATA[S&P 500]]>", "S&P 500"),
        ("<![CDATA[S&amp;P 500 & more]]>", "S&P 500 & more"),
        ("Growth < 5 %, <3", "Growth < 5 %, <3"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
    ],
)
def test_bare_ampersands_and_less_than_signs_are_text(written: str, title: str) -> None:
    feed = parse(rss(item(written)))

    assert feed.entries[0].title == title
    assert feed.warnings == ()


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://o.example/?a=1&b=2", "https://o.example/?a=1&b=2"),
        ("https://o.example/?a=1&amp;b=2&c=3", "https://o.example/?a=1&b=2&c=3"),
        ("https://o.example/?a=1&copy=2&lt=3&amp=4", "https://o.example/?a=1&copy=2&lt=3&amp=4"),
        ("<![CDATA[https://o.example/?a=1&b=2]]>", "https://o.example/?a=1&b=2"),
        ("<![CDATA[https://o.example/?a=1&amp;b=2]]>", "https://o.example/?a=1&b=2"),
        ("https://o.example/?a=1&amp;amp;b=2", "https://o.example/?a=1&b=2"),
        ("\n  https://o.example/\n  a ", "https://o.example/a"),
    ],
)
def test_bare_ampersands_do_not_change_links(written: str, link: str) -> None:
    assert first(rss(item("S&P", written))).link == link


def test_bare_ampersand_in_an_attribute_is_repaired() -> None:
    entry = first(atom('<link title="Q&A" href="https://outlet.example/a?x=1&y=2"/>'))

    assert entry.link == "https://outlet.example/a?x=1&y=2"


@pytest.mark.parametrize(
    "feed",
    [
        "Warning: failed in <b>x</b> & line 3<br>" + rss(item("S&P") + item("Second")),
        "<?xml version='1.0'>" + rss(item("S&P") + item("Second")),
        "<p>x<?xml version='1.0'?>" + rss(item("S&P") + item("Second")),
        rss(item("S&P") + item("Second")) + "<script>if (a && b < c) {}</script>",
        rss(item("S&P", more="<enclosure url='a' url='b'/>") + item("Second")),
        rss(item("S&P", more="<content:encoded>x</content:encoded>") + item("Second")),
        rss(item("S&P", more="<media:thumbnail url='x'/>") + item("Second")),
        rss(item("S&P", more="<description>a<br>b<img src=x.png>c</description>") + item("Second")),
        rss(item("S&P", more="<description><p>a<p>b</description>") + item("Second")),
        rss(item("S&P", more="<author>A. Writer") + item("Second")),
        rss("<item><title>S&P<link>https://outlet.example/1</link></item>" + item("Second")),
        rss(item("S&P") + item("Second"))[:-20],
        rss(item("S&P") + item("Second", more="<!-- cut")),
    ],
)
def test_malformed_documents_keep_titles_and_links(feed: str) -> None:
    entries = parse(feed).entries

    assert [entry.title for entry in entries] == ["S&P", "Second"]
    assert {entry.link for entry in entries} == {"https://outlet.example/1"}


def test_text_after_an_error_keeps_its_ampersands() -> None:
    broken = item(more="<description>a <b>bold</i> & S&amp;P 500</description>")

    feed = parse(rss(broken + item("R&D &amp; more")))

    assert feed.entries[0].summary == "a bold & S&P 500"
    assert feed.entries[1].title == "R&D & more"
    assert "Not well-formed" in feed.warnings[0]


def test_full_text_in_an_undeclared_namespace_is_read() -> None:
    full = "<content:encoded><![CDATA[<p>All & everything</p>]]></content:encoded>"

    assert first(rss(item(more=full))).content == "All & everything"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<![CDATA[<![CDATA[Bridge & road]]>]]>", "Bridge & road"),
        ("<![CDATA[a <![CDATA[b]]> c]]>", "a b c"),
        ("<![CDATA[<![CDATA[<![CDATA[deep]]>]]>]]>", "deep"),
        ("&lt;![CDATA[Bridge &amp; road]]&gt;", "Bridge & road"),
        ("<![CDATA[a]]><![CDATA[b]]>", "ab"),
        ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
        ("<![cdata[lower & case]]>", "lower & case"),
        ("stray ]]> end", "stray end"),
    ],
)
def test_nested_cdata_is_text(written: str, title: str) -> None:
    entries = parse(rss(item(written) + item("<![CDATA[Next]]>"))).entries

    assert [entry.title.replace("  ", " ") for entry in entries] == [title, "Next"]


def test_nested_cdata_in_a_link_is_removed() -> None:
    plain = item(link="<![CDATA[<![CDATA[https://outlet.example/a]]>]]>")
    escaped = item(link="&lt;![CDATA[https://outlet.example/a]]&gt;")

    assert {entry.link for entry in parse(rss(plain + escaped)).entries} == {
        "https://outlet.example/a"
    }


def test_repair_keeps_line_numbers() -> None:
    text = "<?xml version='1.0'?>\n<!DOCTYPE rss [\n]>\n<rss>\n<!-- a\nb -->\n&<x/></rss>"

    assert repair(text).text.splitlines()[6] == "&amp;<x/></rss>"


@pytest.mark.parametrize(
    "piece", ["<![CDATA[<![CDATA[x]]>", "<![CDATA[", "<?x", "<a x=", "<title>x", "<p:", "&", "<br "]
)
def test_malformed_documents_take_linear_time(piece: str) -> None:
    parse(rss(piece * 20_000 + item()))  # a test exceeds its time limit otherwise


TEXTS = {
    "ru": "Мост через реку снова открыт для движения, сообщил министр",
    "uk": "Міст через річку знову відкрито для руху, повідомив міністр",
    "bg": "Мостът над реката отново е отворен за движение, съобщи министърът",
    "ko": "강을 건너는 다리가 다시 열렸다. 장관은 수리에 석 달이 걸렸다고 밝혔다",
    "ja": "川を渡る橋が再び開通した。大臣は修理に三か月かかったと述べた",
    "zh": "跨河大桥重新开放通行。部长表示维修用了三个月",
    "el": "Η γέφυρα πάνω από το ποτάμι άνοιξε ξανά για την κυκλοφορία",
    "he": "הגשר מעל הנהר נפתח שוב לתנועה. השר אמר כי התיקון נמשך שלושה חודשים",
    "ar": "أعيد فتح الجسر فوق النهر أمام حركة المرور وقال الوزير إن الإصلاح استغرق",
    "th": "สะพานข้ามแม่น้ำเปิดให้สัญจรอีกครั้ง รัฐมนตรีกล่าวว่าการซ่อมแซมใช้เวลาสามเดือน",
    "pl": "Most przez rzekę został ponownie otwarty, powiedział minister, już jeździ się",
    "tr": "Köprü yeniden trafiğe açıldı. Bakan, onarımın üç ay sürdüğünü söyledi",
    "fr": "Le pont est de nouveau ouvert à la circulation, a déclaré le ministre très ému",
}
CHARSETS = [
    ("ru", "cp1251"),
    ("ru", "koi8-r"),
    ("ru", "iso8859-5"),
    ("uk", "cp1251"),
    ("uk", "koi8-u"),
    ("bg", "cp1251"),
    ("ko", "cp949"),
    ("ko", "iso2022_kr"),
    ("ja", "cp932"),
    ("ja", "euc_jp"),
    ("ja", "iso2022_jp"),
    ("zh", "gb18030"),
    ("el", "iso8859-7"),
    ("he", "cp1255"),
    ("ar", "cp1256"),
    ("th", "cp874"),
    ("pl", "iso8859-2"),
    ("pl", "cp1250"),
    ("tr", "cp1254"),
    ("fr", "cp1252"),
]


@pytest.mark.parametrize(("language", "charset"), CHARSETS)
@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1", "us-ascii"])
def test_charset_follows_from_bytes_and_language(
    language: str, charset: str, declared: str
) -> None:
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    feed = rss(item(TEXTS[language]), head=f"<language>{language}</language>", prolog=prolog)

    assert first(feed.encode(charset)).title == TEXTS[language]


@pytest.mark.parametrize(
    ("language", "charset"), [pair for pair in CHARSETS if pair[0] not in {"he", "pl", "tr"}]
)
@pytest.mark.parametrize("declared", ["", "<language>en-us</language>"])
def test_charset_follows_from_bytes_alone(language: str, charset: str, declared: str) -> None:
    feed = rss(item(TEXTS[language]), head=declared)

    assert first(feed.encode(charset)).title == TEXTS[language]


@pytest.mark.parametrize(
    ("language", "charset", "wrong"),
    [
        ("ru", "koi8-r", "windows-1251"),
        ("ru", "cp1251", "koi8-r"),
        ("ru", "cp1251", "gb2312"),
        ("ko", "cp949", "gb2312"),
        ("ko", "cp949", "shift_jis"),
        ("ja", "euc_jp", "shift_jis"),
        ("pl", "iso8859-2", "windows-1250"),
    ],
)
def test_implausible_charset_is_replaced(language: str, charset: str, wrong: str) -> None:
    prolog = f'<?xml version="1.0" encoding="{wrong}"?>'
    feed = rss(item(TEXTS[language]), head=f"<language>{language}</language>", prolog=prolog)

    assert first(feed.encode(charset)).title == TEXTS[language]


@pytest.mark.parametrize(
    ("title", "charset", "language"),
    [
        ("Köprü açıldı, ancak işçiler daha sonra gibi olduğu yerde kaldı", "cp1254", ""),
        ("Most jest otwarty, ale nie dla ciężarówek: tak są dziś wściekłe", "iso8859-2", ""),
        ("Rząd otworzył most, związki są wściekłe", "iso8859-2", "pl"),
        ("Brücke geöffnet – für alle, die nicht mit dem Schiff fahren", "cp1252", ""),
    ],
)
def test_words_decide_between_charsets_of_one_script(
    title: str, charset: str, language: str
) -> None:
    feed = rss(item(title), head=f"<language>{language}</language>" * bool(language))

    assert first(feed.encode(charset)).title == title


def test_short_utf_8_with_a_broken_byte_stays_utf_8() -> None:
    feed = rss(item("Über die Brücke|")).encode().replace(b"|", b"\xe9")

    assert first(feed).title == "Über die Brücke\ufffd"


def test_one_broken_character_does_not_change_the_charset() -> None:
    feed = rss(item(TEXTS["ko"] + "|"), head="<language>ko</language>").encode("cp949")

    feed = feed.replace(b"|", b"\xff")

    assert first(feed).title.startswith(TEXTS["ko"])
    assert parse(feed).warnings == ("Some bytes are invalid in cp949",)


def test_usual_language_decides_if_the_document_has_none() -> None:
    title = "Мост открыт"
    body = rss(item(title)).encode("koi8-r")

    assert parse_feed(body, url=URL, language="ru").entries[0].title == title


def test_charset_of_the_operator_replaces_all_others() -> None:
    feed = rss(item("Мост"), prolog='<?xml version="1.0" encoding="windows-1251"?>')

    assert parse(feed.encode("koi8-r"), charset=parse_charset("KOI8-R")).entries[0].title == "Мост"


def test_charset_of_the_operator_must_exist() -> None:
    assert parse_charset(" EUC-KR ") == "cp949"
    for name in ("", "no-such", "utf-7x", "base64", "idna", "é"):
        with pytest.raises(BadInputError, match="Unknown charset"):
            parse_charset(name)


@pytest.mark.parametrize(
    ("links", "link"),
    [
        ('<link rel="enclosure" href="https://x/a.mp3"/>', ""),
        ('<link type="audio/mpeg" href="https://x/a.mp3"/><link href="https://x/a"/>', "https://x/a"),
        ('<link rel="enclosure">https://x/a.mp3</link><link href="https://x/a"/>', "https://x/a"),
        ('<link href="https://x/a"/><link rel="enclosure" href="https://x/a.mp3"/>', "https://x/a"),
        ('<link rel="related" href="https://x/r"/><link rel="via" href="https://x/v"/>', ""),
        ('<link hreflang="en" href="https://x/en"/><link hreflang="de" href="https://x/de"/>', "https://x/de"),
        ('<link hreflang="de" href="https://x/de"/><link hreflang="en" href="https://x/en"/>', "https://x/de"),
        ('<link hreflang="en" href="https://x/en"/><link hreflang="de-AT" href="https://x/at"/>', "https://x/at"),
        ('<link hreflang="en" href="https://x/en"/><link href="https://x/any"/>', "https://x/any"),
        ('<link href="https://x/a.json" type="application/json"/><link href="https://x/a"/>', "https://x/a"),
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="https://x/a"/>', "https://x/a"),
    ],
)  # fmt: skip
def test_link_is_the_alternate_in_the_language_of_the_feed(links: str, link: str) -> None:
    assert first(atom(links, head='xml:lang="de"')).link == link


@pytest.mark.parametrize(
    ("head", "written", "link"),
    [
        ("", "a", "https://outlet.example/news/a"),
        ("", "../a?x=1&y=2", "https://outlet.example/a?x=1&y=2"),
        ("", "/a", "https://outlet.example/a"),
        ("", "//cdn.example/a", "https://cdn.example/a"),
        ("", "www.outlet.example/a", "https://www.outlet.example/a"),
        ("", "outlet.example/a", "https://outlet.example/a"),
        ('xml:base="https://base.example/b/"', "a", "https://base.example/b/a"),
        ('xml:base="/b/"', "a", "https://outlet.example/b/a"),
    ],
)
def test_relative_link_is_resolved_against_base_then_site(
    head: str, written: str, link: str
) -> None:
    assert first(atom(f'<link href="{written}"/>', head=head)).link == link


def test_relative_link_without_a_site_is_resolved_against_the_feed() -> None:
    feed = rss(item(link="a"), head="")

    assert first(feed).link == "https://outlet.example/feeds/a"
    assert parse(rss(item(), head="<link>/home</link>")).link == "https://outlet.example/home"


def test_relative_link_of_a_json_feed_is_resolved_against_the_site() -> None:
    site = (
        '"version": "https://jsonfeed.org/version/1.1", "home_page_url": "https://site.example/n/"'
    )

    assert (
        first(f'{{{site}, "items": [{{"id": "1", "url": "a"}}]}}').link
        == "https://site.example/n/a"
    )


def test_guid_that_is_not_a_url_is_not_used_as_link() -> None:
    entries = parse(rss("".join(f"<item><title>x</title><guid>{guid}</guid></item>" for guid in (
        "123", "tag:x,1", "/a/1", "https://outlet.example/g"
    )))).entries  # fmt: skip

    assert [entry.link for entry in entries] == [
        "", "", "https://outlet.example/a/1", "https://outlet.example/g",
    ]  # fmt: skip
    assert entries[0].guid == "123"


@pytest.mark.parametrize("newest_first", [True, False])
def test_long_feed_keeps_the_newest_entries(*, newest_first: bool) -> None:
    days = [f"{2000 + number // 300}-{number % 300 // 28 + 1:02}-{number % 28 + 1:02}" for number in range(MAX_ENTRIES + 10)]  # fmt: skip
    items = [item(day, more=f"<pubDate>{day}T00:00:00Z</pubDate>") for day in sorted(days)]
    kept = sorted(days)[10:]

    feed = parse(rss("".join(reversed(items) if newest_first else items)))

    titles = [entry.title for entry in feed.entries]
    assert titles == (kept[::-1] if newest_first else kept)
    assert feed.warnings == (f"Only the newest 5000 of {MAX_ENTRIES + 10} entries were read",)


def test_long_json_feed_keeps_the_newest_entries() -> None:
    years = range(1000, 1000 + MAX_ENTRIES + 5)
    items = ",".join(
        f'{{"id": "{year}", "date_published": "{year}-01-01T00:00:00Z"}}' for year in years
    )

    entries = parse(f'{{"feed_url": "x", "items": ["bad", {items}]}}').entries

    assert (entries[0].guid, entries[-1].guid) == ("1005", str(years[-1]))
