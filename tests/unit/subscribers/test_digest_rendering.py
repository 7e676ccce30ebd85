"""Emails as they are written: complete in both parts, escaped, small enough, fit for mail clients."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from service.domain.subscribers.digest_model import Digest, SummarySentence, DigestStory
from service.domain.subscribers.digest_selection import History, Filters, choose
from service.mail import formatting
from service.mail.render import MOST_BYTES, DigestMessage, Links, RenderedEmail, Renderer
from service.settings.delivery import DigestSettings
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = DigestSettings(max_stories=10, max_updates=3, max_low_coverage=2, max_first_reports=3, low_coverage_outlets=1, new_outlets=2)
LINKS = Links(
    "https://news.example",
    preferences="https://news.example/p",
    unsubscribe="https://news.example/u",
    archive="https://news.example/i",
    confirm="https://news.example/c",
)
HOSTILE = '<script>alert(1)</script><img src=x onerror="x()">{{ 7 * 7 }}'
#: What mail clients drop or refuse.
DROPPED = {
    "script", "form", "input", "button", "iframe", "object", "embed", "svg", "video", "audio",
    "canvas", "link", "img", "base",
}  # fmt: skip


def renderer() -> Renderer:
    return Renderer(title="samestory", site="https://news.example/", imprint="1 Quay Street")


def chosen(stories: list[DigestStory], seen: frozenset[int] = frozenset()) -> Digest:
    return choose(stories, Filters(), History(NOW - timedelta(hours=24), seen), SETTINGS)


def written(digest: Digest, *, late: bool = False) -> RenderedEmail:
    issue = DigestMessage(digest, date(2023, 4, 25), NOW, ZoneInfo("Asia/Kathmandu"), late=late)
    return renderer().digest(issue, "reader@b.example", LINKS)


def everything() -> Digest:
    """An issue with all sections."""
    events = (
        "Ferry aground",
        "Rates rise",
        "Cup won",
        "Bridge opens",
        "Mayor resigns",
        "Mine floods",
    )
    wide = [story(event, ["daily", "herald", "wire"]) for event in (*events, *"ABCD")]
    told = story("Hospital strike enters its second week", ["daily", "herald"])
    grew = replace(told, reports=(*told.reports, report("gazeta", "Talks fail"), report("sun")))
    lonely = story("Library reopens", ["sun"])
    return chosen([*wide, grew, lonely], frozenset(each.article for each in told.reports))


def seen_text(html: str) -> str:
    body = html.partition("</head>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_both_parts_say_everything():
    digest = everything()
    assert digest.top
    assert digest.moved_on
    assert digest.few
    assert digest.firsts
    found = written(digest)
    for text in (seen_text(found.html), found.text):
        for card in digest.cards:
            assert card.headline in text
        assert "Since yesterday: 2 more outlets, the first from Poland, Australia" in text
        assert "“A report” (Sun)" in text
        assert "30 min before Herald" in text
        assert "Asia/Kathmandu" in text
        assert "reader@b.example" in text
        assert "1 Quay Street" in text
        assert "late" not in text
    for address in (LINKS.preferences, LINKS.unsubscribe, LINKS.archive):
        assert address in found.text
        assert f'href="{address}"' in found.html


def test_the_subject_says_the_top_story_and_the_inbox_shows_the_next_ones():
    digest = everything()
    found = written(digest)
    assert found.subject == digest.top[0].headline
    assert digest.top[1].headline in seen_text(found.html)[:200]


def test_times_are_local():
    found = written(
        chosen([story("Ferry aground", [report("daily", hours=2), report("sun", hours=1)])])
    )
    assert "09:45 – 10:45" in found.text
    assert "09:45 – 10:45" in seen_text(found.html)


def test_a_late_issue_says_so():
    found = written(everything(), late=True)
    for text in (found.text, seen_text(found.html)):
        assert "This issue was due at 11:45 and comes late" in text


def test_hostile_texts_stay_texts():
    bad = story(
        HOSTILE,
        [report("daily", HOSTILE, name=HOSTILE, url="javascript:x()"), report("sun", HOSTILE)],
        summary=(SummarySentence(HOSTILE, HOSTILE),),
    )
    found = written(chosen([bad]))
    assert "<script" not in found.html
    assert "<img" not in found.html
    assert "javascript:" not in found.html + found.text
    assert "49" not in found.html.partition("</style>")[2]
    assert "{{ 7 * 7 }}" in seen_text(found.html)


def test_a_headline_is_one_line_and_cannot_turn_the_text_around():
    bad = story("Ferry\r\nBcc: all@b.example \u202eevil\x00", ["daily", "sun"])
    found = written(chosen([bad]))
    assert found.subject == "Ferry Bcc: all@b.example evil"
    assert "\nBcc" not in found.text


def test_nothing_that_mail_clients_drop_is_used():
    html = written(everything()).html
    tags = set(re.findall(r"<([a-z][a-z0-9]*)", html))
    assert not tags & DROPPED
    assert "http-equiv" not in html
    assert "position:" not in html
    assert "flex" not in html
    assert "var(--" not in html
    # One style sheet, for what cannot be inlined; all else stands in attributes.
    assert html.count("<style") == 1
    assert "prefers-color-scheme: dark" in html
    assert re.search(r'<h2 [^>]*style="[^"]*font-size', html)
    assert "&#34;" not in html


def test_right_to_left_headlines_run_so():
    arabic = story(
        "وزراء", [report("daily", "وزراء", language="ar"), report("sun", "x", language="ar")]
    )
    html = written(chosen([arabic])).html
    assert re.search(r'<h2 (?=[^>]*dir="rtl")[^>]*lang="ar"', html)


def test_an_issue_never_grows_so_large_that_gmail_cuts_it_off():
    long = "Überlänge " * 200
    many = [
        story(f"{n} {n * 7} {n * 13} {long}", ["daily", "sun"], summary=(SummarySentence(long, "Daily"),) * 3)
        for n in range(100)
    ]
    apart = replace(SETTINGS, top=100)
    digest = choose(
        [replace(each, headline=f"{n}x{n * 3} {n}y{n * 5}") for n, each in enumerate(many)],
        Filters(),
        History(NOW - timedelta(hours=24)),
        apart,
    )
    found = written(digest)
    assert len(digest.top) == 100
    assert 50_000 < len(found.html.encode()) < MOST_BYTES
    assert "did not fit" in found.text
    assert LINKS.unsubscribe in found.html


def test_a_preview_has_no_links_of_a_subscriber():
    issue = DigestMessage(everything(), date(2023, 4, 25), NOW, ZoneInfo("UTC"))
    found = renderer().digest(issue, "me@example.org", Links("https://news.example"))
    assert "Unsubscribe" not in found.html + found.text


def test_the_confirmation_has_one_link():
    found = renderer().confirmation("reader@b.example", LINKS)
    assert found.html.count("href=") == 1
    assert LINKS.confirm in found.html
    assert LINKS.confirm in found.text


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 10, "short"),
        (" two\n words ", 20, "two words"),
        ("one two three four", 12, "one two…"),
        ("onetwothreefour", 5, "onet…"),
        ("", 5, ""),
    ],
)
def test_texts_are_cut_at_words(text: str, most: int, expected: str):
    assert formatting.cut(text, most) == expected


def test_bars_show_the_smallest_and_the_largest():
    assert formatting.sparkline((0, 1, 8, 4)) == "▁▂█▅"
