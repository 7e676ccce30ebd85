"""Selection of the stories of a digest edition."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.articles.article_types import ArticleType
from service.domain.subscribers.digests.cards import build_card
from service.domain.subscribers.digests.editions import Digest
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestReport, DigestStory, SummarySentence
from service.domain.subscribers.filters import Filters, apply_mutes
from service.domain.subscribers.story_index import StoryIndex
from service.settings.sections.delivery import DigestSettings
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = DigestSettings(
    max_stories=5,
    max_updates=3,
    max_low_coverage=2,
    max_first_reports=3,
    low_coverage_outlets=1,
    new_outlets=2,
)
WIDE = Filters(min_independent=2)
YESTERDAY = History(NOW - timedelta(hours=24))
FERRY = ("Ferry Halcyon runs aground off Tern Island", ["daily", "herald", "wire"])
LONELY = ("Village library reopens", ["sun"])
TALKS = ("Ministers meet in Castelmar on border posts", ["herald", "post"])


def headlines(digest: Digest) -> list[str]:
    return [card.headline for card in digest.top]


def low_coverage(digest: Digest) -> list[str]:
    return [card.headline for card in digest.low_coverage]


def history_after(digest: Digest) -> History:
    """History after an edition created four hours ago."""
    seen = {key for card in digest.cards for key in card.articles}
    return History(NOW - timedelta(hours=4), frozenset(seen))


def test_stories_are_sorted_by_rank_with_pinned_first():
    small, large = story(*TALKS), story(*FERRY)
    assert headlines(select_stories(StoryIndex([small, large]), WIDE, YESTERDAY, SETTINGS)) == [
        FERRY[0],
        TALKS[0],
    ]
    pinned = replace(small, pinned=True)
    assert headlines(select_stories(StoryIndex([pinned, large]), WIDE, YESTERDAY, SETTINGS)) == [
        TALKS[0],
        FERRY[0],
    ]


def test_no_new_story_gives_an_empty_edition():
    ferry = story(*FERRY)
    first = select_stories(StoryIndex([ferry]), WIDE, YESTERDAY, SETTINGS)
    assert first
    assert not select_stories(StoryIndex([ferry]), WIDE, history_after(first), SETTINGS)
    assert not select_stories(StoryIndex([]), WIDE, YESTERDAY, SETTINGS)


def test_old_story_is_not_shown():
    old = story("An old one", [report("daily", hours=60), report("wire", hours=55)])
    assert not select_stories(StoryIndex([old]), WIDE, YESTERDAY, SETTINGS)
    late = replace(old, changed_at=NOW - timedelta(hours=1))
    assert not select_stories(StoryIndex([late]), WIDE, YESTERDAY, SETTINGS)


def test_late_arrival_is_shown_in_the_next_edition():
    history = History(NOW - timedelta(hours=1))
    late = story("Found late", [report("daily", hours=3), report("wire", hours=2)])
    assert not select_stories(StoryIndex([late]), WIDE, history, SETTINGS)
    late = replace(late, changed_at=NOW - timedelta(minutes=10))
    assert headlines(select_stories(StoryIndex([late]), WIDE, history, SETTINGS)) == ["A report"]


def test_seen_story_returns_as_update():
    ferry = story(*FERRY)
    history = history_after(select_stories(StoryIndex([ferry]), WIDE, YESTERDAY, SETTINGS))
    one_more = grown(ferry, report("sun", hours=1))
    assert not select_stories(StoryIndex([one_more]), WIDE, history, SETTINGS)
    updated = grown(one_more, report("gazeta", "Captain of ferry questioned", hours=0.5))
    digest = select_stories(StoryIndex([updated]), WIDE, history, SETTINGS)
    assert not digest.top
    news = digest.updates[0].news
    assert news is not None
    assert (news.since, news.outlets, news.countries) == (history.since, 2, ("AU", "PL"))
    assert (news.title, news.outlet) == ("Captain of ferry questioned", "Gazeta")
    assert not select_stories(StoryIndex([updated]), WIDE, history_after(digest), SETTINGS)


def test_copies_opinion_and_earlier_outlets_are_no_update():
    ferry = story(*FERRY)
    history = history_after(select_stories(StoryIndex([ferry]), WIDE, YESTERDAY, SETTINGS))
    copies = [report(outlet, hours=1, copy=True) for outlet in ("sun", "gazeta", "post")]
    opinions = [report(outlet, hours=1, type=ArticleType.OPINION) for outlet in ("sun", "post")]
    again = [report(outlet, hours=1) for outlet in ("daily", "herald")]
    assert not select_stories(
        StoryIndex([grown(ferry, *copies, *opinions, *again)]), WIDE, history, SETTINGS
    )


def test_merged_or_split_story_is_not_repeated():
    ferry = story(*FERRY)
    history = history_after(select_stories(StoryIndex([ferry]), WIDE, YESTERDAY, SETTINGS))
    merged = replace(ferry, id="another")
    part = replace(ferry, id="part", reports=ferry.reports[:2])
    assert not select_stories(StoryIndex([merged, part]), WIDE, history, SETTINGS)


def test_similar_stories_share_a_card():
    similar = story("Ferry Halcyon runs aground near Tern Island", ["sun", "gazeta"])
    digest = select_stories(
        StoryIndex([story(*FERRY), similar, story(*TALKS)]), WIDE, YESTERDAY, SETTINGS
    )
    assert headlines(digest) == [FERRY[0], TALKS[0]]
    assert [line.headline for line in digest.top[0].also] == [similar.headline]
    assert not select_stories(StoryIndex([similar]), WIDE, history_after(digest), SETTINGS)


def test_events_of_a_storyline_get_up_to_three_cards_that_stand_together():
    saga = [
        story(name, ["daily", "herald"], storyline="saga")
        for name in ("Ministers meet", "Pact signed", "Guards withdrawn", "Border opens")
    ]
    wider = [story("Rates rise", ["daily", "herald", "wire"]), story("Cup won", ["sun", "post"])]
    [*_, last] = saga
    later = replace(last, rank=last.rank + 50)
    digest = select_stories(StoryIndex([*saga[:3], later, *wider]), WIDE, YESTERDAY, SETTINGS)
    shown = headlines(digest)
    assert shown[0] == later.headline
    assert len([each for each in shown[:3] if each in {each.headline for each in saga}]) == 3
    assert set(shown[3:]) == {"Rates rise", "Cup won"}
    assert len(digest.top[0].also) == 1


def test_pinned_stories_stay_in_front_of_their_storyline():
    pinned = [
        replace(story(name, ["daily"], storyline=line), pinned=True)
        for name, line in (("Ferry aground", "sea"), ("Budget passes", "money"))
    ]
    other = story("Captain held", ["daily", "wire"], storyline="sea")
    shown = headlines(select_stories(StoryIndex([other, *pinned]), Filters(), YESTERDAY, SETTINGS))
    assert set(shown[:2]) == {"Ferry aground", "Budget passes"}
    assert shown[2] == "Captain held"


def test_headlines_that_differ_in_a_name_report_two_events():
    def quake(place: str) -> DigestStory:
        headline = f"Strong earthquake hits {place}"
        return story(headline, ["daily", "herald"], names=(place,))

    digest = select_stories(
        StoryIndex([quake("Orlan"), quake("Castelmar")]), WIDE, YESTERDAY, SETTINGS
    )
    assert len(digest.top) == 2
    unnamed = story("Strong earthquake hits coast", ["sun", "post"])
    digest = select_stories(StoryIndex([quake("Orlan"), unnamed]), WIDE, YESTERDAY, SETTINGS)
    assert len(digest.top) == 1


def test_low_coverage_shows_stories_without_room_in_the_main_section():
    stories = StoryIndex([story(*FERRY), story(*LONELY)])
    short = replace(SETTINGS, max_stories=1)
    digest = select_stories(stories, Filters(), YESTERDAY, short)
    assert (headlines(digest), low_coverage(digest)) == ([FERRY[0]], [LONELY[0]])


def test_low_coverage_is_empty_if_the_main_section_has_room():
    stories = StoryIndex([story(*FERRY), story(*LONELY)])
    digest = select_stories(stories, Filters(), YESTERDAY, SETTINGS)
    assert (headlines(digest), low_coverage(digest)) == ([FERRY[0], LONELY[0]], [])


def test_low_coverage_needs_a_main_section():
    two = replace(SETTINGS, low_coverage_outlets=2)
    lonely = story(*LONELY)
    assert not select_stories(StoryIndex([lonely]), WIDE, YESTERDAY, two)
    digest = select_stories(StoryIndex([story(*FERRY), lonely]), WIDE, YESTERDAY, two)
    assert (headlines(digest), low_coverage(digest)) == ([FERRY[0]], [LONELY[0]])


def test_low_coverage_respects_the_minimum_coverage():
    stories = StoryIndex([story(*FERRY), story(*LONELY)])
    short = replace(SETTINGS, max_stories=1)
    digest = select_stories(stories, WIDE, YESTERDAY, short)
    assert (headlines(digest), low_coverage(digest)) == ([FERRY[0]], [])


def test_first_report_shows_how_far_its_outlet_was_ahead():
    digest = select_stories(StoryIndex([story(*FERRY), story(*TALKS)]), WIDE, YESTERDAY, SETTINGS)
    assert [(each.outlet, each.next_outlet, each.ahead) for each in digest.first_reports] == [
        ("Daily", "Herald", 1800)
    ]


def test_first_report_needs_times_known_to_the_minute():
    day = (NOW - timedelta(hours=8)).replace(hour=0)
    earlier = [report("gazeta", FERRY[0], at=NOW - timedelta(hours=1), day=day)]
    undated = [report("gazeta", FERRY[0], hours=1, dated=False)]

    for late, expected in ((earlier, []), (undated, ["Daily"])):
        exact = story(*FERRY).reports
        digest = select_stories(
            StoryIndex([story(FERRY[0], [*exact, *late])]), WIDE, YESTERDAY, SETTINGS
        )
        assert [each.outlet for each in digest.first_reports] == expected


def test_undated_story_of_low_coverage_comes_after_dated_ones():
    undated = story("Bridge closes", [report("sun", hours=1, dated=False)])
    dated = story("Library reopens", [report("post", "Library reopens", hours=9)])
    short = replace(SETTINGS, max_stories=1)
    digest = select_stories(
        StoryIndex([story(*FERRY), undated, dated]), Filters(), YESTERDAY, short
    )
    assert low_coverage(digest) == ["Library reopens", "A report"]


def test_card_without_a_dated_report_is_marked():
    dated = report("daily", "Ferry", hours=5)
    undated = report("wire", "Ferry", hours=2, dated=False)
    mixed, without = (
        build_card(story("Ferry", each), (), "en", None) for each in ([dated, undated], [undated])
    )

    assert (mixed.undated, mixed.first_at, mixed.last_at) == (False, dated.at, dated.at)
    assert (without.undated, without.last_at) == (True, undated.at)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(muted_outlets=frozenset({"daily", "herald", "wire"})),
        Filters(muted_countries=frozenset({"GB", "US", "FR"})),
        Filters(muted_words=frozenset({"tern island"})),
        Filters(muted_words=frozenset({"FERRIES", "Halcyons"})),
        Filters(muted_storylines=frozenset({"saga"})),
        Filters(languages=frozenset({"de"})),
        Filters(min_independent=4),
    ],
)
def test_muted_story_is_left_out(filters: Filters):
    ferry = story(*FERRY, storyline="saga")
    assert headlines(select_stories(StoryIndex([ferry]), Filters(), YESTERDAY, SETTINGS)) == [
        FERRY[0]
    ]
    assert not select_stories(StoryIndex([ferry]), filters, YESTERDAY, SETTINGS)


def test_muted_words_match_whole_words():
    ferry = story(*FERRY)
    assert select_stories(
        StoryIndex([ferry]),
        Filters(muted_words=frozenset({"land", "", "island ferry"})),
        YESTERDAY,
        SETTINGS,
    )


def test_muted_word_matches_in_the_language_of_each_sentence():
    summary = (
        SummarySentence("A ferry sank.", "Daily", "en"),
        SummarySentence("Zwei Fähren sanken.", "Bote", "de", is_local=True),
    )
    muted = Filters(muted_words=frozenset({"Fähre"}))
    rest = apply_mutes(story("Accident", ["daily"], summary=summary), muted)
    assert rest
    assert rest.summary == summary[:1]


def test_muted_outlet_provides_no_headline_or_coverage():
    ferry = story(FERRY[0], [report("daily", FERRY[0]), report("wire", "Ship aground", hours=1)])
    digest = select_stories(
        StoryIndex([ferry]), Filters(muted_outlets=frozenset({"daily"})), YESTERDAY, SETTINGS
    )
    card = digest.top[0]
    assert (card.headline, card.outlet, card.coverage) == ("Ship aground", "Wire", 1)
    assert card.summary == ()


@pytest.mark.parametrize(
    "filters",
    [
        Filters(followed_outlets=frozenset({"post"})),
        Filters(followed_words=frozenset({"Castelmar"})),
        Filters(followed_storylines=frozenset({"border"})),
    ],
)
def test_followed_story_ranks_higher(filters: Filters):
    stories = [story(*FERRY), story(*TALKS, storyline="border")]
    assert (
        headlines(select_stories(StoryIndex(stories), Filters(), YESTERDAY, SETTINGS))[0]
        == FERRY[0]
    )
    assert (
        headlines(select_stories(StoryIndex(stories), filters, YESTERDAY, SETTINGS))[0] == TALKS[0]
    )


def test_headline_is_in_the_preferred_language():
    both = story(FERRY[0], [report("daily", FERRY[0]), report("gazeta", "Prom", language="pl-PL")])
    assert headlines(
        select_stories(StoryIndex([both]), Filters(language="pl"), YESTERDAY, SETTINGS)
    ) == ["Prom"]
    assert headlines(
        select_stories(StoryIndex([both]), Filters(language="fr"), YESTERDAY, SETTINGS)
    ) == [FERRY[0]]
    renamed = replace(both, headline="An editor's", headline_article=None)
    assert headlines(
        select_stories(StoryIndex([renamed]), Filters(language="pl"), YESTERDAY, SETTINGS)
    ) == ["An editor's"]


OUTLETS = st.sampled_from(["daily", "herald", "wire", "gazeta", "post", "sun"])
STORIES = st.lists(
    st.builds(
        story,
        st.sampled_from([FERRY[0], TALKS[0], "Library reopens", "Rates rise again", "Cup won"]),
        st.lists(OUTLETS, min_size=1, max_size=6),
        id=st.uuids().map(str),
        storyline=st.sampled_from([None, None, "saga"]),
    ),
    max_size=12,
)


@given(stories=STORIES)
def test_articles_are_shown_once_independent_of_input_order(stories: list[DigestStory]):
    digest = select_stories(StoryIndex(stories), Filters(), YESTERDAY, SETTINGS)
    assert digest == select_stories(StoryIndex(stories[::-1]), Filters(), YESTERDAY, SETTINGS)
    shown = [key for card in digest.cards for key in card.articles]
    assert len(shown) == len(set(shown))
    assert len({card.headline for card in digest.cards}) == len(digest.cards)
    assert len(digest.top) <= SETTINGS.max_stories
    assert not set(shown) & {
        key
        for card in select_stories(
            StoryIndex(stories), Filters(), history_after(digest), SETTINGS
        ).cards
        for key in card.articles
    }


def grown(story_before: DigestStory, *more: DigestReport) -> DigestStory:
    """Add reports to a story."""
    return replace(story_before, reports=(*story_before.reports, *more), changed_at=NOW)


def test_only_reports_count_in_the_coverage_of_a_story():
    pages = [report(outlet, type=ArticleType.LIVE) for outlet in ("daily", "herald")]
    live, lone = story("Ferry live", pages), story("Alone", ["post"])
    assert (live.independent, story("Both", [*pages, "wire"]).independent) == (0, 1)
    digest = select_stories(StoryIndex([live, lone, story(*FERRY)]), Filters(), YESTERDAY, SETTINGS)
    assert headlines(digest) == [FERRY[0], "Alone"]
    assert digest.low_coverage == ()


def test_low_coverage_has_no_story_of_a_widely_covered_storyline():
    short = replace(SETTINGS, max_stories=1)
    lonely = story("Minister dines alone", ["sun"], storyline="talks")
    wide = story(*TALKS, storyline="talks")
    other = story("Village library reopens", ["post"], storyline="library")
    stories = [story(*FERRY), lonely, wide, other]
    digest = select_stories(StoryIndex(stories), Filters(), YESTERDAY, short)
    assert low_coverage(digest) == [other.headline]


def test_widest_new_story_is_shown_whatever_is_followed_or_pinned():
    followed = [
        story(f"{name} opens", ["daily", "herald"], storyline="line")
        for name in ("Bridge", "Library", "Stadium", "Tunnel", "Museum", "School", "Bakery")
    ]
    pinned = [replace(each, storyline=None, pinned=True) for each in followed]
    widest = story(*FERRY, rank=followed[0].rank - 100)
    filters = Filters(followed_words=frozenset({"opens"}), followed_outlets=frozenset({"daily"}))
    for others in (followed, pinned):
        short = replace(SETTINGS, max_stories=2)
        digest = select_stories(StoryIndex([*others, widest]), filters, YESTERDAY, short)
        assert widest.headline in headlines(digest)
        assert len(digest.top) == 2


def test_widest_story_gets_the_card_it_shares_with_a_followed_one():
    similar = story("Ferry Halcyon runs aground near Tern Island", ["sun", "gazeta"])
    widest = story(*FERRY, rank=similar.rank - 100)
    filters = Filters(followed_outlets=frozenset({"sun"}))
    digest = select_stories(StoryIndex([widest, similar]), filters, YESTERDAY, SETTINGS)
    assert headlines(digest) == [widest.headline]
    assert [line.headline for line in digest.top[0].also] == [similar.headline]


def test_update_with_the_most_new_outlets_is_shown():
    events = ("Ferry aground", "Rates rise", "Cup won", "Bridge opens")
    shown = [story(event, ["daily"]) for event in events]
    history = History(NOW - timedelta(hours=4), frozenset().union(*(e.articles for e in shown)))
    more = [grown(each, report("sun"), report("post")) for each in shown]
    most = grown(more[3], report("wire"), report("gazeta"), report("herald"))
    most = replace(most, rank=most.rank - 200)
    digest = select_stories(
        StoryIndex([*more[:3], most]), Filters(), history, replace(SETTINGS, max_updates=2)
    )
    assert "Bridge opens" in [card.headline for card in digest.updates]


def test_weekly_edition_ranks_a_wide_story_of_the_first_day_above_small_ones_of_the_last():
    week = History(NOW - timedelta(days=7))
    outlets = [report(f"paper{number}", "Ministry burns", hours=150) for number in range(20)]
    early = story("Ministry burns", outlets)
    late = [story(f"{word} opens", ["daily", "herald"]) for word in ("Bridge", "Library", "School")]
    assert (
        headlines(select_stories(StoryIndex([*late, early]), WIDE, week, SETTINGS))[0]
        == "Ministry burns"
    )


@pytest.mark.parametrize("muted", [frozenset({"herald", "wire"}), frozenset({"US", "FR"})])
def test_low_coverage_does_not_depend_on_mutes(muted: frozenset[str]):
    short = replace(SETTINGS, max_stories=1)
    wide = story("Mine floods", ["daily", "herald", "wire"])
    filters = Filters(muted_outlets=muted, muted_countries=muted)
    top = replace(story("Cup won", ["sun", "post"]), pinned=True)
    digest = select_stories(StoryIndex([top, wide]), filters, YESTERDAY, short)
    assert digest.low_coverage == ()


def test_low_coverage_has_no_story_that_many_outlets_copy():
    short = replace(SETTINGS, max_stories=1)
    copies = [report(f"paper{number}", "Library reopens", copy=True) for number in range(6)]
    copied = story("Library reopens", [report("wire", "Library reopens", hours=9), *copies])
    earlier = story("Minister dines", ["sun"], storyline="talks", storyline_families=9)
    alone = story("Bakery opens", ["post"])
    digest = select_stories(
        StoryIndex([story(*FERRY), copied, earlier, alone]), Filters(), YESTERDAY, short
    )
    assert low_coverage(digest) == ["Bakery opens"]


def test_weekly_edition_prefers_a_story_twice_as_wide_however_old_it_is():
    wide = story(
        "Dam breaks", [report(f"w{n}", "Dam breaks", hours=150) for n in range(8)], id="wide"
    )
    late = story(
        "Fair opens", [report(f"l{n}", "Fair opens", hours=1) for n in range(4)], id="late"
    )
    week = History(NOW - timedelta(days=7))
    assert headlines(select_stories(StoryIndex([late, wide]), WIDE, week, SETTINGS)) == [
        "Dam breaks",
        "Fair opens",
    ]


def test_outlet_behind_a_muted_one_was_not_first():
    ferry = story(FERRY[0], ["muted", "daily", "herald", "wire"])
    muting = replace(WIDE, muted_outlets=frozenset({"muted"}))
    assert not select_stories(StoryIndex([ferry]), muting, YESTERDAY, SETTINGS).first_reports
