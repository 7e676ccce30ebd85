"""Emails in headless Chromium: no overflow at phone and desktop widths, in all scripts."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.domain.subscribers.alerts import AlertConditions, preview_alert_email
from service.domain.subscribers.digests.events import join_events
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory, SummarySentence
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.mail.render import AlertMessage, DigestMessage, Links, RenderedEmail, Renderer
from service.settings.load import load
from tests.support.browser.chromium import Browser
from tests.support.browser.views import View
from tests.support.content.digest_stories import NOW, report, story

pytestmark = pytest.mark.slow

VIEWS = [View(width, dark=dark) for width in (360, 800) for dark in (False, True)]
LINKS = Links(
    "https://news.example",
    preferences="https://news.example/digest/preferences/token",
    unsubscribe="https://news.example/digest/unsubscribe/token",
    archive="https://news.example/digest/editions/token",
)
#: Language, headline, and a sentence of its summary.
TEXTS = [
    (
        "en",
        "Ferry Halcyon with 412 aboard runs aground off Tern Island as storm closes northern port",
        "All passengers were taken off by lifeboat before midnight, the coastguard said.",
    ),
    (
        "ar",
        "عبّارة على متنها 412 راكبًا تعود إلى الميناء بسبب العاصفة",
        "قال خفر السواحل إن جميع الركاب نُقلوا إلى البر قبل منتصف الليل.",
    ),
    (
        "he",
        "המעבורת הלקיון חזרה לנמל בגלל הסערה ובה 412 נוסעים",
        "כל הנוסעים הורדו לחוף לפני חצות, מסר משמר החופים.",
    ),
    (
        "ja",
        "嵐のため北の港が閉鎖され、乗客412人を乗せたフェリーが引き返す",
        "海上保安当局によると、乗客は全員、真夜中前に救助艇で陸に運ばれた。",
    ),
    (
        "zh",
        "风暴导致北部港口关闭，载有四百一十二名乘客的渡轮被迫返航",
        "海岸警卫队表示，所有乘客已于午夜前乘救生艇安全上岸。",
    ),
    (
        "th",
        "เรือข้ามฟากพร้อมผู้โดยสาร 412 คนต้องกลับเข้าท่าเพราะพายุ",
        "หน่วยยามฝั่งกล่าวว่าผู้โดยสารทุกคนขึ้นฝั่งก่อนเที่ยงคืน",
    ),
]


def stories(language: str) -> list[DigestStory]:
    """A story in each language; the one of `language` has the highest rank."""
    built = []
    for code, headline, sentence in TEXTS:
        outlets = ["daily", "herald", "wire", "gazeta"]
        reports = [
            report(f"{each}-{code}", headline, hours=6 - n, language=code)
            for n, each in enumerate(outlets)
        ]
        summary = (SummarySentence(sentence, reports[0].name, code, reports[0].at),)
        each = story(headline, reports, id=code, summary=summary)
        built.append(replace(each, rank=each.rank + 20 * (code == language)))
    return built


def digest_email(language: str) -> RenderedEmail:
    joined = join_events(stories(language), [("th", "zh")])
    history = History(NOW.replace(day=NOW.day - 1))
    digest = select_stories(
        StoryIndex(joined), Filters(language=language), history, load({}).digest
    )
    message = DigestMessage(digest, NOW.date(), NOW, ZoneInfo("Asia/Tokyo"), late=True)
    renderer = Renderer(title="samestory", site=LINKS.site, imprint="1 Quay Street, Orlan")
    return renderer.digest(message, "reader@x.example", LINKS)


def alert_email(language: str) -> RenderedEmail:
    [shown] = [each for each in stories(language) if each.id == language]
    query = AlertConditions(words=frozenset({"412"}), min_independent=3)
    content = preview_alert_email(shown, query, Filters(language=language))
    message = AlertMessage(content, NOW, ZoneInfo("Asia/Tokyo"))
    renderer = Renderer(title="samestory", site=LINKS.site, imprint="1 Quay Street, Orlan")
    return renderer.alert(message, "reader@x.example", replace(LINKS, alert=LINKS.preferences))


EMAILS = {"digest": digest_email, "alert": alert_email}


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("language", ["en", "ar", "ja"])
@pytest.mark.parametrize("kind", EMAILS)
def test_email_fits_and_makes_no_request(
    browser: Browser, kind: str, language: str, view: View, tmp_path: Path
) -> None:
    page = tmp_path / "email.html"
    page.write_text(EMAILS[kind](language).html, encoding="utf-8")
    report = browser.open_page(page.as_uri(), view)
    (tmp_path / "email.png").write_bytes(report.png)  # to inspect a failure
    assert report.errors == []
    assert report.overflow <= 0, report.overflowing
    assert report.overflowing == ""
    assert [url for url in report.requests if not url.startswith(page.as_uri())] == []
