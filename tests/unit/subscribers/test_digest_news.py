"""What is new to a subscriber: updates, first reports, and stories without muted outlets."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.subscribers.digests.cards import build_card, first_reports, summarise_update
from service.domain.subscribers.digests.editions import Digest
from service.domain.subscribers.digests.events import join_events
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestReport, SummarySentence
from service.domain.subscribers.filters import Filters, remove_reports
from service.domain.subscribers.story_index import StoryIndex
from service.settings.load import load
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = load({}).digest
HOUR = timedelta(hours=1)
SINCE = NOW - 4 * HOUR
OUTLETS = [f"outlet{number}" for number in range(20)]
ALL = Filters()


def seen(*stories: object) -> History:
    articles = {each.article for one in stories for each in one.reports}  # type: ignore[attr-defined]
    return History(SINCE, frozenset(articles))


def top(digest: Digest) -> list[str]:
    return [card.headline for card in digest.top]


def test_a_wide_update_stands_before_narrower_new_stories():
    plea = story("Trial opens in Orlan", OUTLETS[:3])
    later = [report(each, "Guilty plea in Orlan", hours=1) for each in OUTLETS[3:15]]
    grown = replace(plea, reports=(*plea.reports, *later), changed_at=NOW - HOUR)
    new = [
        story(f"{name} {OUTLETS[:2]}", [report(each, name, hours=2) for each in OUTLETS[:2]])
        for name in ("Ferry aground", "Rates rise", "Bridge opens", "Wolves return")
    ]
    digest = select_stories(StoryIndex([*new, grown]), ALL, seen(plea), SETTINGS)
    assert top(digest)[0] == plea.headline
    assert digest.top[0].news
    assert not digest.updates
    small = replace(grown, reports=grown.reports[:6])
    digest = select_stories(StoryIndex([*new, small]), ALL, seen(plea), SETTINGS)
    assert len(digest.top) + len(digest.updates) == 5


@pytest.mark.parametrize(
    ("new", "again", "expected"),
    [(3, 0, True), (2, 1, False), (2, 2, True), (0, 6, True), (0, 5, False)],
)
def test_outlets_with_another_report_count_half(new: int, again: int, *, expected: bool):
    before = story("Outbreak in Orlan", OUTLETS[:8])
    later = [report(each, hours=1) for each in (*OUTLETS[10 : 10 + new], *OUTLETS[:again])]
    grown = replace(before, reports=(*before.reports, *later))
    articles = seen(before).articles
    update = summarise_update(grown, articles, SINCE, min_outlets=SETTINGS.new_outlets)
    assert (update is not None) == expected
    if update:
        assert (update.outlets, update.again) == (new, again)


def test_an_older_report_of_a_known_outlet_is_no_news():
    before = story("Outbreak in Orlan", OUTLETS[:8])
    merged = [report(each, hours=5) for each in OUTLETS[:8]]
    grown = replace(before, reports=(*before.reports, *merged))
    assert summarise_update(grown, seen(before).articles, SINCE) is None


def test_update_shows_a_plain_title_in_the_language_of_the_subscriber():
    before = story("Storm nears Orlan", OUTLETS[:2])
    later = [
        report(OUTLETS[3], "Storm kills two in Orlan", hours=2),
        report(OUTLETS[4], "Sturm tötet zwei in Orlan", hours=1.5, language="de"),
        report(OUTLETS[5], "Why is the storm so calm?", hours=1),
    ]
    grown = replace(before, reports=(*before.reports, *later))
    for language, title in (("en", later[0].title), ("de", later[1].title)):
        update = summarise_update(grown, seen(before).articles, SINCE, language=language)
        assert update
        assert update.title == title


def test_update_card_has_the_sentences_of_new_reports():
    sentences = (
        SummarySentence("The storm nears the coast.", "Daily", at=SINCE - HOUR),
        SummarySentence("Two people died.", "Herald", at=SINCE + HOUR),
        SummarySentence("Nobody knows when.", "Sun"),
    )
    before = story("Storm nears Orlan", OUTLETS[:2], summary=sentences)
    grown = replace(before, reports=(*before.reports, report(OUTLETS[3], hours=1)))
    update = summarise_update(grown, seen(before).articles, SINCE)
    assert build_card(grown, (), "en", update).new_sentences == sentences[1:2]
    assert build_card(grown, (), "en", None).new_sentences == sentences


def test_a_long_lead_is_no_first_report():
    def lead(hours: float) -> list[str]:
        reports = [report(OUTLETS[0], hours=3 + hours)]
        reports += [report(each, hours=3 - number) for number, each in enumerate(OUTLETS[1:4])]
        one = story("Vote in Orlan", reports)
        return [each.outlet for each in first_reports([one], {one.id: one}, "en", 3)]

    assert lead(5.9) == ["Outlet0"]
    assert lead(6.1) == []


def muted_copy(*outlets: str) -> Filters:
    return Filters(muted_outlets=frozenset(outlets))


def test_a_muted_report_makes_no_story_new_or_recent():
    old = story("Threat at sea", [report(each, "Threat at sea", hours=20) for each in OUTLETS[:2]])
    late = replace(
        old,
        reports=(*old.reports, report("muted", hours=1)),
        rank=old.rank + 19,
        changed_at=NOW - HOUR,
    )
    rest = remove_reports(late, frozenset({"muted"}), frozenset())
    assert rest
    assert rest.changed_at == old.changed_at
    assert rest.rank < old.rank + 1
    assert top(select_stories(StoryIndex([late]), ALL, History(SINCE), SETTINGS)) == [old.headline]
    assert not select_stories(StoryIndex([late]), muted_copy("muted"), History(SINCE), SETTINGS)


def test_the_headline_of_a_muted_outlet_is_replaced_by_one_of_the_same_story():
    brazil = story("Stolen art found in Brazil", ["muted", "daily", "herald"])
    parma = story("Art theft near Parma", [report("sun", "Art theft near Parma", hours=20)])
    opinion = report("post", "Why we steal", hours=10)
    brazil = replace(brazil, reports=(opinion, *brazil.reports))
    [joined] = join_events([parma, brazil], [(parma.id, brazil.id)])
    best = [replace(joined, local_headlines=frozenset({brazil.reports[2].article}))]
    [card] = select_stories(
        StoryIndex(best), muted_copy("muted"), History(NOW - 24 * HOUR), SETTINGS
    ).top
    assert card.headline == "Stolen art found in Brazil"
    assert card.outlet == "Daily"


def test_a_copy_may_give_the_headline_in_the_language_of_the_subscriber():
    def german(*, copy: bool) -> DigestReport:
        return report("kurier", "Zug entgleist", language="de", copy=copy)

    derailed = story("Train derails", ["daily", german(copy=True)])
    assert build_card(derailed, (), "de", None).headline == "Zug entgleist"
    derailed = story("Train derails", ["daily", german(copy=True), german(copy=False)])
    assert build_card(derailed, (), "de", None).articles[2] == derailed.reports[2].article
    assert build_card(derailed, (), "de", None).url == derailed.reports[2].url


def test_low_coverage_is_lower_than_that_of_each_main_story():
    wide, narrow = story("Rates rise", OUTLETS[:4]), story("Library reopens", OUTLETS[4:6])
    lone = story("Cat returns", OUTLETS[6:7])

    def sections(min_independent: int) -> tuple[list[str], list[str]]:
        filters = Filters(min_independent=min_independent)
        digest = select_stories(
            StoryIndex([wide, narrow, lone]), filters, History(NOW - 24 * HOUR), SETTINGS
        )
        return top(digest), [card.headline for card in digest.low_coverage]

    assert sections(2) == ([wide.headline, narrow.headline], [lone.headline])
    assert sections(1) == ([wide.headline, narrow.headline, lone.headline], [])


def test_a_card_has_one_time_if_its_reports_have_the_same_minute():
    def apart(minutes: float) -> bool:
        one = story(
            "Ferry aground", [report("daily", hours=2), report("sun", hours=2 - minutes / 60)]
        )
        return build_card(one, (), "en", None).minutes_apart

    assert not apart(0.5)
    assert apart(1.5)


def test_a_wide_update_is_shown_also_if_ten_new_stories_rank_higher():
    before = [
        story(headline, [report("daily", headline, hours=20)], id=name)
        for name, headline in (("Wide", "Storm nears Orlan"), ("Narrow", "Prices of bread fall"))
    ]
    wide, narrow = (
        replace(each, reports=(*each.reports, *(report(one, hours=3.9) for one in OUTLETS[:count])))
        for each, count in zip(before, (6, 3), strict=True)
    )
    new = [
        story(f"New {chr(65 + n)}{n}", [report(one, f"New {n}", hours=0) for one in OUTLETS[:5]])
        for n in range(10)
    ]
    for most in (1, 4):
        settings = replace(SETTINGS, max_updates=most)
        digest = select_stories(StoryIndex([*new, narrow, wide]), ALL, seen(*before), settings)
        assert "Wide" in {card.story for card in digest.top}
        assert [card.story for card in digest.updates] == ["Narrow"]


def test_outlets_of_one_family_and_copies_of_one_agency_count_once():
    before = story("Outbreak in Orlan", OUTLETS[:2])
    later = [
        report("daily", hours=1, family="wire", agency="wire"),
        report("herald", hours=1, family="wire", agency="wire"),
        report("sun", hours=1),
    ]
    update = summarise_update(
        replace(before, reports=(*before.reports, *later)), seen(before).articles, SINCE
    )
    assert update
    assert (update.outlets, update.again) == (2, 0)


def test_updates_need_the_coverage_that_the_subscriber_set():
    before = story("Cat returns", OUTLETS[:1])
    grown = replace(before, reports=(*before.reports, *(report(o, hours=1) for o in OUTLETS[1:4])))
    for least, shown in ((4, 1), (5, 0)):
        filters = Filters(min_independent=least)
        digest = select_stories(StoryIndex([grown]), filters, seen(before), SETTINGS)
        assert len(digest.updates) == shown
