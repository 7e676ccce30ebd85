"""Rendering of emails: complete in HTML and text, escaped, size-limited, fit for mail clients."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from service.domain.subscribers.digests.editions import DeferredMatch, Digest, StoryLink
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory, SummarySentence
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.mail import formatting
from service.mail.render import MAX_BYTES, DigestMessage, Links, RenderedEmail, Renderer
from service.settings.sections.delivery import DigestSettings
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = DigestSettings(
    max_stories=10,
    max_updates=3,
    max_low_coverage=2,
    max_first_reports=3,
    low_coverage_outlets=1,
    new_outlets=2,
)
LINKS = Links(
    "https://news.example",
    preferences="https://news.example/p",
    unsubscribe="https://news.example/u",
    archive="https://news.example/i",
    confirm="https://news.example/c",
)
HOSTILE = '<script>alert(1)</script><img src=x onerror="x()">{{ 7 * 7 }}'
#: Tags that mail clients drop or reject.
DROPPED = {
    "script", "form", "input", "button", "iframe", "object", "embed", "svg", "video", "audio",
    "canvas", "link", "img", "base",
}  # fmt: skip


def renderer() -> Renderer:
    return Renderer(title="samestory", site="https://news.example/", imprint="1 Quay Street")


def select(stories: list[DigestStory], seen: frozenset[int] = frozenset()) -> Digest:
    return select_stories(
        StoryIndex(stories), Filters(), History(NOW - timedelta(hours=24), seen), SETTINGS
    )


def render(digest: Digest, *, late: bool = False) -> RenderedEmail:
    message = DigestMessage(digest, date(2023, 4, 25), NOW, ZoneInfo("Asia/Kathmandu"), late=late)
    return renderer().digest(message, "reader@b.example", LINKS)


def full_digest() -> Digest:
    """A digest with all sections."""
    events = (
        "Ferry aground",
        "Rates rise",
        "Cup won",
        "Bridge opens",
        "Mayor resigns",
        "Mine floods",
    )
    wide = [story(event, ["daily", "herald", "wire"]) for event in (*events, *"ABCD")]
    shown = story("Hospital strike enters its second week", ["daily", "herald"])
    updated = replace(
        shown, reports=(*shown.reports, report("gazeta", "Talks fail"), report("sun"))
    )
    lonely = story("Library reopens", ["sun"])
    return select([*wide, updated, lonely], frozenset(each.article for each in shown.reports))


def seen_text(html: str) -> str:
    body = html.partition("</head>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", re.sub("</?bdi>", "", body))).split())


def test_html_and_text_are_complete():
    digest = full_digest()
    assert digest.top
    assert digest.updates
    assert digest.low_coverage
    assert digest.first_reports
    rendered = render(digest)
    for text in (seen_text(rendered.html), rendered.text):
        for card in digest.cards:
            assert card.headline in text
        assert (
            "Since you last saw this story: 2 more independent outlets, including the first from Poland, Australia"
            in text
        )
        assert "“A report” (Sun)" in text
        assert "30 min before Herald" in text
        assert "Asia/Kathmandu" in text
        assert "reader@b.example" in text
        assert "1 Quay Street" in text
        assert "delay" not in text
    for address in (LINKS.preferences, LINKS.unsubscribe, LINKS.archive):
        assert address in rendered.text
        assert f'href="{address}"' in rendered.html


def test_story_without_a_dated_report_is_marked():
    undated = story("Ferry aground", [report("daily", dated=False)])
    dated = story("Rates rise", [report("daily")])
    for stories, count in (([dated], 0), ([dated, undated], 1)):
        rendered = render(select(stories))
        for text in (seen_text(rendered.html), rendered.text):
            assert text.count("no date, no later than ") == count


def test_subject_is_the_top_headline_and_preheader_the_next_ones():
    digest = full_digest()
    rendered = render(digest)
    assert rendered.subject == digest.top[0].headline
    assert digest.top[1].headline in seen_text(rendered.html)[:200]


def test_times_are_in_the_subscribers_time_zone():
    rendered = render(
        select([story("Ferry aground", [report("daily", hours=2), report("sun", hours=1)])])
    )
    assert "09:45 – 10:45" in rendered.text
    assert "09:45 – 10:45" in seen_text(rendered.html)


def test_late_edition_contains_an_apology():
    rendered = render(full_digest(), late=True)
    for text in (rendered.text, seen_text(rendered.html)):
        assert "This edition was due at 11:45. We are sorry for the delay." in text


def test_hostile_text_is_escaped():
    bad = story(
        HOSTILE,
        [report("daily", HOSTILE, name=HOSTILE, url="javascript:x()"), report("sun", HOSTILE)],
        summary=(SummarySentence(HOSTILE, HOSTILE),),
    )
    rendered = render(select([bad]))
    assert "<script" not in rendered.html
    assert "<img" not in rendered.html
    assert "javascript:" not in rendered.html + rendered.text
    assert "49" not in rendered.html.partition("</style>")[2]
    assert "{{ 7 * 7 }}" in seen_text(rendered.html)


def test_headline_is_one_line_without_direction_marks():
    bad = story("Ferry\r\nBcc: all@b.example \u202eevil\x00", ["daily", "sun"])
    rendered = render(select([bad]))
    assert rendered.subject == "Ferry Bcc: all@b.example evil"
    assert "\nBcc" not in rendered.text


def test_html_uses_no_feature_dropped_by_mail_clients():
    html = render(full_digest()).html
    tags = set(re.findall(r"<([a-z][a-z0-9]*)", html))
    assert not tags & DROPPED
    assert "http-equiv" not in html
    assert "position:" not in html
    assert "flex" not in html
    assert "var(--" not in html
    # One style sheet contains the rules that cannot be inlined.
    assert html.count("<style") == 1
    assert "prefers-color-scheme: dark" in html
    assert re.search(r'<h2 [^>]*style="[^"]*font-size', html)
    assert "&#34;" not in html


def test_right_to_left_headline_has_direction_and_language():
    arabic = story(
        "وزراء", [report("daily", "وزراء", language="ar"), report("sun", "x", language="ar")]
    )
    html = render(select([arabic])).html
    assert re.search(r'<h2 (?=[^>]*dir="rtl")[^>]*lang="ar"', html)


def test_large_digest_stays_below_the_clipping_limit_of_gmail():
    long = "Überlänge " * 200
    many = [
        story(
            f"{n} {n * 7} {n * 13} {long}",
            ["daily", "sun"],
            summary=(SummarySentence(long, "Daily"),) * 3,
        )
        for n in range(100)
    ]
    settings = replace(SETTINGS, max_stories=100)
    digest = select_stories(
        StoryIndex(
            [replace(each, headline=f"{n}x{n * 3} {n}y{n * 5}") for n, each in enumerate(many)]
        ),
        Filters(),
        History(NOW - timedelta(hours=24)),
        settings,
    )
    rendered = render(digest)
    assert len(digest.top) == 100
    assert 50_000 < len(rendered.html.encode()) < MAX_BYTES
    assert " more stories: " in rendered.text
    assert LINKS.unsubscribe in rendered.html


def test_many_alerts_and_one_story_stay_below_the_clipping_limit_of_gmail():
    link = StoryLink("s", "s", "Überlänge " * 20, "de")
    alerts = tuple(DeferredMatch(f"{n} {'word ' * 20}", link, 3) for n in range(300))
    digest = replace(full_digest(), updates=(), low_coverage=(), alerts=alerts)
    digest = replace(digest, top=digest.top[:1])
    rendered = render(digest)
    assert 90_000 < len(rendered.html.encode()) < MAX_BYTES
    assert digest.top[0].headline in rendered.text


def test_preview_has_no_subscriber_links():
    message = DigestMessage(full_digest(), date(2023, 4, 25), NOW, ZoneInfo("UTC"))
    rendered = renderer().digest(message, "me@example.org", Links("https://news.example"))
    assert "Unsubscribe" not in rendered.html + rendered.text


def test_confirmation_has_one_link():
    rendered = renderer().confirmation("reader@b.example", LINKS)
    assert rendered.html.count("href=") == 1
    assert LINKS.confirm in rendered.html
    assert LINKS.confirm in rendered.text


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("short", 10, "short"),
        (" two\n words ", 20, "two words"),
        ("one two three four", 12, "one two…"),
        ("onetwothreefour", 5, "onet…"),
        ("", 5, ""),
    ],
)
def test_cut_shortens_at_words(text: str, length: int, expected: str):
    assert formatting.cut(text, length) == expected


def test_sparkline_shows_smallest_and_largest():
    assert formatting.sparkline((0, 1, 8, 4)) == "▁▂█▅"
