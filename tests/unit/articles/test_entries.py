"""Conversion of feed entries to article drafts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.articles.entries import (
    Draft,
    Entry,
    FeedContext,
    Rejection,
    content_hash,
)
from service.domain.identity.keys import key_entries
from service.ingest.admit import admit_entry, admit_feed, first_sentence, strip_boilerplate
from service.settings.sections.ingest import AdmitSettings

NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
SETTINGS = AdmitSettings(
    future_tolerance_minutes=120, max_text_characters=200, max_body_characters=1000
)
FEED = FeedContext("https://outlet.example/rss", "https://outlet.example/", "en_GB")
ENTRY = Entry(
    guid="1",
    link="http://outlet.example/bridge?utm_source=rss",
    title="Bridge  reopened",
    summary="The bridge is open again.\nTraffic flows.",
    content="",
    author=" A. Writer ",
    published_raw="Mon, 20 Apr 2020 10:00:00 GMT",
    published=datetime(2020, 4, 20, 10, 0, tzinfo=UTC),
    updated=None,
    language="",
    categories=("Local", "Local", " ", "Roads"),
)


def admit(entry: Entry) -> Draft:
    draft = admit_entry(entry, FEED, now=NOW, settings=SETTINGS)
    assert isinstance(draft, Draft)
    return draft


def test_entry_becomes_a_draft() -> None:
    assert admit(ENTRY) == Draft(
        url="http://outlet.example/bridge?utm_source=rss",
        title="Bridge reopened",
        text="The bridge is open again. Traffic flows.",
        body="",
        author="A. Writer",
        language="en-gb",
        published=ENTRY.published,
        claimed_date=ENTRY.published,
        date_flag="ok",
        updated=None,
        categories=("Local", "Roads"),
        content_hash=content_hash(
            "Bridge reopened", "The bridge is open again. Traffic flows.", ""
        ),
        guid="1",
    )


@pytest.mark.parametrize(
    ("published", "raw", "flag"),
    [
        (NOW + timedelta(hours=3), "x", "future"),
        (datetime(1970, 1, 1, tzinfo=UTC), "x", "ancient"),
        (None, "soon", "unparsable"),
        (None, "", "missing"),
    ],
)
def test_implausible_date_is_flagged_without_rejection(
    published: datetime | None, raw: str, flag: str
) -> None:
    draft = admit(replace(ENTRY, published=published, published_raw=raw))

    assert (draft.date_flag, draft.published, draft.claimed_date) == (flag, None, published)


def test_day_counts_until_its_end_but_not_beyond_the_arrival() -> None:
    yesterday, today = datetime(2020, 4, 19, tzinfo=UTC), datetime(2020, 4, 20, tzinfo=UTC)
    drafts = [
        admit(replace(ENTRY, published=day, date_precision="day")) for day in (yesterday, today)
    ]

    assert [(each.date_flag, each.date_precision) for each in drafts] == [("ok", "day")] * 2
    assert [each.published for each in drafts] == [yesterday, today]
    assert [each.report_time(NOW) for each in drafts] == [today - timedelta(seconds=1), NOW]
    assert admit(ENTRY).report_time(NOW) == ENTRY.published


@pytest.mark.parametrize(
    ("country", "published"),
    [
        ("GB", datetime(2020, 4, 3, tzinfo=UTC)),
        ("US", datetime(2020, 3, 4, tzinfo=UTC)),
        ("", None),
    ],
)
def test_country_of_the_outlet_resolves_an_ambiguous_date(
    country: str, published: datetime | None
) -> None:
    year = datetime(2020, 1, 1, tzinfo=UTC)
    raw = "03/04/2020"
    entry = replace(ENTRY, published_raw=raw, published=year, date_precision="year", language="en")
    draft = admit_entry(entry, replace(FEED, country=country), now=NOW, settings=SETTINGS)

    assert isinstance(draft, Draft)
    assert draft.published == published
    assert draft.date_flag == ("ok" if published else "vague")
    assert published or draft.report_time(NOW) == NOW


def test_country_and_language_that_disagree_leave_a_date_ambiguous() -> None:
    march = datetime(2020, 3, 4, tzinfo=UTC)
    raw = "03/04/2020"
    entry = replace(
        ENTRY, published_raw=raw, published=march, date_precision="day", language="en-US"
    )
    british, american = (
        admit_entry(entry, replace(FEED, country=country), now=NOW, settings=SETTINGS)
        for country in ("GB", "US")
    )

    assert isinstance(british, Draft)
    assert isinstance(american, Draft)
    assert (british.published, british.date_flag) == (None, "vague")
    assert (american.published, american.date_flag) == (march, "ok")


@pytest.mark.parametrize(
    ("link", "title", "flag", "time"),
    [
        ("https://outlet.example/2019/05/12/bridge", "Bridge", "ok", "2019-05-12T23:59:59"),
        ("https://outlet.example/2019/bridge", "Bridge", "vague", "2019-12-31T23:59:59"),
        ("https://outlet.example/b", "PARIS, 12 May 2019 - Bridge", "ok", "2019-05-12T23:59:59"),
        ("https://outlet.example/2020/bridge", "Bridge", "vague", "2020-04-20T12:00:00"),
        ("https://outlet.example/bridge-2", "Bridge", "missing", "2020-04-20T12:00:00"),
    ],
)
def test_old_undated_entry_is_not_news_of_today(
    link: str, title: str, flag: str, time: str
) -> None:
    undated = replace(ENTRY, link=link, title=title, published=None, published_raw="")
    draft = admit(undated)

    assert (draft.date_flag, draft.published is not None) == (flag, flag == "ok")
    assert draft.report_time(NOW) == datetime.fromisoformat(time).replace(tzinfo=UTC)


def test_missing_title_is_replaced_by_the_first_sentence() -> None:
    assert admit(replace(ENTRY, title=" ")).title == "The bridge is open again."


def test_entry_without_title_and_text_is_rejected() -> None:
    empty = replace(ENTRY, title="", summary=" ", content="")

    assert admit_entry(empty, FEED, now=NOW, settings=SETTINGS) == Rejection(
        "1", "no title and no text"
    )


def test_guid_url_replaces_a_missing_link() -> None:
    draft = admit(replace(ENTRY, link="", guid="https://outlet.example/?p=7"))

    assert draft.url == "https://outlet.example/?p=7"


@pytest.mark.parametrize("link", ["", "/relative", "mailto:desk@outlet.example", "http://[broken"])
def test_entry_without_url_gets_a_stable_urn(link: str) -> None:
    draft = admit(replace(ENTRY, link=link, guid="tag:1"))
    edited = admit(replace(ENTRY, link=link, guid="tag:1", title="Another title"))
    other = admit(replace(ENTRY, link=link, guid="tag:2"))
    untagged = admit(replace(ENTRY, link=link, guid=""))

    assert draft.url.startswith("urn:samestory:")
    assert draft.url == edited.url
    assert len({draft.url, other.url, untagged.url}) == 3


def test_password_is_removed_from_links() -> None:
    assert admit(replace(ENTRY, link="https://me:secret@outlet.example/a")).url == (
        "https://outlet.example/a"
    )


def test_full_text_is_the_body_and_the_lead_without_summary() -> None:
    content = "First paragraph of the report.\nSecond paragraph."

    with_summary = admit(replace(ENTRY, content=content, summary="Short."))
    without = admit(replace(ENTRY, content=content, summary=""))
    same = admit(replace(ENTRY, content="Short.", summary="Short."))

    assert (with_summary.text, with_summary.body) == ("Short.", content)
    assert (without.text, without.body) == (content.replace("\n", " "), "")
    assert same.body == ""


def test_truncated_lead_has_its_full_text_as_body() -> None:
    content = "word " * 150

    draft = admit(replace(ENTRY, content=content, summary=""))

    assert len(draft.text) <= 200
    assert draft.body == content.strip()


def test_text_lengths_are_limited() -> None:
    draft = admit(replace(ENTRY, title="t" * 9999, summary="s" * 9999, content="c" * 99999))

    assert (len(draft.title), len(draft.text), len(draft.body)) == (400, 200, 1000)


@pytest.mark.parametrize(
    "ending",
    [
        "Continue reading...",
        "Continue reading the report on the bridge →",
        "Read more",
        "[Read more…]",
        "READ MORE: What the mayor said",
        "The post Bridge reopened appeared first on Harbour Post.",
        "The post Bridge reopened first appeared on Harbour Post.",
        "Read more The post Bridge reopened appeared first on Harbour Post.",
        "[…]",
        "[...]",
        "Читать далее",
        "Devamını oku",
        "Weiterlesen …",
        "The article Bridge reopened appeared first on harbour.example.",
        "Keep reading",
        "Click here to read the report…",
        "Click here for the report →",
        "Read the full story at Harbour Post",
        "Read more at harbour.example",
        "Read more.",
        "Read more at The Harbour Post.",
        "Read the full story at The Harbour.",
        "Read the rest of this entry »",
        "Lire la suite sur le site",
    ],
)
def test_boilerplate_at_the_end_is_removed(ending: str) -> None:
    assert strip_boilerplate(f"The bridge is open. {ending}") == "The bridge is open."


@pytest.mark.parametrize(
    "text",
    [
        "Children who keep reading books do better.",
        "The post of mayor is vacant.",
        "He asked them to read more.",
        "Police seek a man. The post office robber appeared on CCTV footage released on Monday.",
        "A judge ruled. The article of the constitution appeared on the ballot in 2019.",
        "The article of faith that growth always returns appeared on shaky ground on Monday.",
        "Keep reading aloud to children, doctors say.",
        "Police seek help. Click here for legal aid, said a sign at the border.",
        "The council met. Read the full report before the vote, the mayor told members.",
        "Weiterlesen hilft Kindern, sagen Ärzte.",
        "Leer más ayuda a los niños, dicen los médicos.",
        "Читать далее детям советуют врачи.",
        "[Three words]",
        "",
    ],
)
def test_other_endings_are_unchanged(text: str) -> None:
    assert strip_boilerplate(text) == text


def test_content_hash_ignores_whitespace_only() -> None:
    assert content_hash("a b", "c") == content_hash(" a\n b ", "c")
    assert content_hash("a", "b c") != content_hash("a b", "c")
    assert content_hash("\ud800") == content_hash("\ud800")


def test_newest_version_of_an_entry_wins() -> None:
    older = replace(ENTRY, title="Bridge to reopen", published=NOW - timedelta(hours=9))
    updated = replace(ENTRY, title="Bridge open, mayor says", updated=NOW)
    undated = replace(ENTRY, title="Bridge", published=None)
    empty = replace(ENTRY, guid="2", title="", summary="")

    drafts, rejections = admit_feed(
        [undated, older, ENTRY, updated, empty], FEED, now=NOW, settings=SETTINGS
    )

    entries = key_entries(drafts, 1)
    assert [entry.draft.title for entry in entries] == ["Bridge open, mayor says"]
    assert rejections == [Rejection("2", "no title and no text")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("“Stop!” he said. Then left.", "“Stop!"),
        ("Нет конца", "Нет конца"),
        ("", ""),
    ],
)
def test_first_sentence(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


@pytest.mark.parametrize(
    ("tag", "language"),
    [("EN-us", "en-us"), ("ru_RU", "ru-ru"), ("?", "en-gb"), ("english language", "en")],
)
def test_language_tags_are_normalised(tag: str, language: str) -> None:
    draft = admit(replace(ENTRY, language="" if tag == "?" else tag))

    assert draft.language == language
