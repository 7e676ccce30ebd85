"""What an issue of the digest shows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.subscribers.digest_model import Digest, DigestReport, DigestStory
from service.domain.subscribers.digest_selection import History, Filters, choose, told
from service.settings.delivery import DigestSettings
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = DigestSettings(max_stories=5, max_updates=3, max_low_coverage=2, max_first_reports=3, low_coverage_outlets=1, new_outlets=2)
WIDE = Filters(min_independent=2)
YESTERDAY = History(NOW - timedelta(hours=24))
FERRY = ("Ferry Halcyon runs aground off Tern Island", ["daily", "herald", "wire"])
TALKS = ("Ministers meet in Castelmar on border posts", ["herald", "post"])


def headlines(found: Digest) -> list[str]:
    return [card.headline for card in found.top]


def after(found: Digest) -> History:
    """What was seen with an issue that was made four hours ago."""
    seen = {key for card in found.cards for key in card.articles}
    return History(NOW - timedelta(hours=4), frozenset(seen))


def test_stories_come_by_rank_and_pinned_ones_first():
    small, large = story(*TALKS), story(*FERRY)
    assert headlines(choose([small, large], WIDE, YESTERDAY, SETTINGS)) == [FERRY[0], TALKS[0]]
    pinned = replace(small, pinned=True)
    assert headlines(choose([pinned, large], WIDE, YESTERDAY, SETTINGS)) == [TALKS[0], FERRY[0]]


def test_nothing_new_gives_an_empty_issue():
    ferry = story(*FERRY)
    first = choose([ferry], WIDE, YESTERDAY, SETTINGS)
    assert first
    assert not choose([ferry], WIDE, after(first), SETTINGS)
    assert not choose([], WIDE, YESTERDAY, SETTINGS)


def test_old_stories_are_no_news():
    old = story("An old one", [report("daily", hours=60), report("wire", hours=55)])
    assert not choose([old], WIDE, YESTERDAY, SETTINGS)
    late = replace(old, changed_at=NOW - timedelta(hours=1))
    assert not choose([late], WIDE, YESTERDAY, SETTINGS)


def test_a_report_that_arrived_after_its_issue_is_not_lost():
    past = History(NOW - timedelta(hours=1))
    late = story("Found late", [report("daily", hours=3), report("wire", hours=2)])
    assert not choose([late], WIDE, past, SETTINGS)
    late = replace(late, changed_at=NOW - timedelta(minutes=10))
    assert headlines(choose([late], WIDE, past, SETTINGS)) == ["A report"]


def test_a_story_seen_before_comes_back_only_with_what_is_new():
    ferry = story(*FERRY)
    past = after(choose([ferry], WIDE, YESTERDAY, SETTINGS))
    one_more = grown(ferry, report("sun", hours=1))
    assert not choose([one_more], WIDE, past, SETTINGS)
    grew = grown(one_more, report("gazeta", "Captain of ferry questioned", hours=0.5))
    found = choose([grew], WIDE, past, SETTINGS)
    assert not found.top
    news = found.moved_on[0].news
    assert news is not None
    assert (news.since, news.outlets, news.countries) == (past.since, 2, ("AU", "PL"))
    assert (news.title, news.outlet) == ("Captain of ferry questioned", "Gazeta")
    assert not choose([grew], WIDE, after(found), SETTINGS)


def test_copies_and_outlets_that_reported_before_are_no_news():
    ferry = story(*FERRY)
    past = after(choose([ferry], WIDE, YESTERDAY, SETTINGS))
    copies = [report(outlet, hours=1, copy=True) for outlet in ("sun", "gazeta", "post")]
    again = [report(outlet, hours=1) for outlet in ("daily", "herald")]
    assert not choose([grown(ferry, *copies, *again)], WIDE, past, SETTINGS)


def test_a_story_that_was_merged_or_split_is_not_told_again():
    ferry = story(*FERRY)
    past = after(choose([ferry], WIDE, YESTERDAY, SETTINGS))
    merged = replace(ferry, id="another")
    part = replace(ferry, id="part", reports=ferry.reports[:2])
    assert not choose([merged, part], WIDE, past, SETTINGS)


def test_one_event_in_two_stories_gets_one_card():
    twin = story("Ferry Halcyon runs aground near Tern Island", ["sun", "gazeta"])
    found = choose([story(*FERRY), twin, story(*TALKS)], WIDE, YESTERDAY, SETTINGS)
    assert headlines(found) == [FERRY[0], TALKS[0]]
    assert [line.headline for line in found.top[0].also] == [twin.headline]
    assert not choose([twin], WIDE, after(found), SETTINGS)


def test_a_storyline_gets_one_card():
    saga = [
        story(name, ["daily", "herald"], storyline="saga")
        for name in ("Ministers meet", "Pact signed", "Guards withdrawn", "Border opens")
    ]
    found = choose(saga, WIDE, YESTERDAY, SETTINGS)
    assert len(found.top) == 1
    assert len(found.top[0].also) == 2


def test_strangers_in_a_storyline_get_cards_of_their_own():
    def about(headline: str, *topics: str) -> DigestStory:
        words = told(headline, topics, ())
        return story(headline, ["daily", "herald"], storyline="saga", told=words)

    strangers = [
        about("Quay tower opens", "tower"),
        about("Ferry line closes", "ferry"),
        about("Captain held", "ferry"),
        about("Quay tower shut again", "lift"),
    ]
    found = choose(strangers, WIDE, YESTERDAY, SETTINGS)
    shown = [{card.headline, *(line.headline for line in card.also)} for card in found.top]
    assert len(shown) == 2
    assert {"Quay tower opens", "Quay tower shut again"} in shown
    assert {"Ferry line closes", "Captain held"} in shown


def test_what_few_cover_has_a_section_and_never_stands_alone():
    lonely = story("Village library reopens", ["sun"])
    found = choose([story(*FERRY), lonely], WIDE, YESTERDAY, SETTINGS)
    assert [card.headline for card in found.few] == []
    found = choose([story(*FERRY), lonely], Filters(), YESTERDAY, SETTINGS)
    assert lonely.headline in headlines(found)
    short = replace(SETTINGS, top=1)
    found = choose([story(*FERRY), lonely], Filters(), YESTERDAY, short)
    assert [card.headline for card in found.few] == [lonely.headline]


def test_the_first_reporter_is_told_with_the_margin():
    found = choose([story(*FERRY), story(*TALKS)], WIDE, YESTERDAY, SETTINGS)
    assert [(each.outlet, each.next_outlet, each.ahead) for each in found.firsts] == [
        ("Daily", "Herald", 1800)
    ]


@pytest.mark.parametrize(
    "taste",
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
def test_what_is_muted_is_left_out(filters: Filters):
    ferry = story(*FERRY, storyline="saga")
    assert headlines(choose([ferry], Filters(), YESTERDAY, SETTINGS)) == [FERRY[0]]
    assert not choose([ferry], filters, YESTERDAY, SETTINGS)


def test_words_are_muted_as_whole_words():
    ferry = story(*FERRY)
    assert choose(
        [ferry], Filters(muted_words=frozenset({"land", "", "island ferry"})), YESTERDAY, SETTINGS
    )


def test_a_muted_outlet_lends_no_headline_and_counts_for_nothing():
    ferry = story(FERRY[0], [report("daily", FERRY[0]), report("wire", "Ship aground", hours=1)])
    found = choose([ferry], Filters(muted_outlets=frozenset({"daily"})), YESTERDAY, SETTINGS)
    card = found.top[0]
    assert (card.headline, card.outlet, card.coverage) == ("Ship aground", "Wire", 1)
    assert card.summary == ()


@pytest.mark.parametrize(
    "taste",
    [
        Filters(followed_outlets=frozenset({"post"})),
        Filters(followed_words=frozenset({"Castelmar"})),
        Filters(followed_storylines=frozenset({"border"})),
    ],
)
def test_what_is_followed_comes_higher(filters: Filters):
    stories = [story(*FERRY), story(*TALKS, storyline="border")]
    assert headlines(choose(stories, Filters(), YESTERDAY, SETTINGS))[0] == FERRY[0]
    assert headlines(choose(stories, filters, YESTERDAY, SETTINGS))[0] == TALKS[0]


def test_the_headline_is_in_the_language_of_the_subscriber():
    both = story(FERRY[0], [report("daily", FERRY[0]), report("gazeta", "Prom", language="pl-PL")])
    assert headlines(choose([both], Filters(language="pl"), YESTERDAY, SETTINGS)) == ["Prom"]
    assert headlines(choose([both], Filters(language="fr"), YESTERDAY, SETTINGS)) == [FERRY[0]]
    renamed = replace(both, headline="An editor's", speaker=None)
    assert headlines(choose([renamed], Filters(language="pl"), YESTERDAY, SETTINGS)) == [
        "An editor's"
    ]


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
def test_nothing_is_shown_twice_and_nothing_changes_by_order(stories: list[DigestStory]):
    found = choose(stories, Filters(), YESTERDAY, SETTINGS)
    assert found == choose(stories[::-1], Filters(), YESTERDAY, SETTINGS)
    shown = [key for card in found.cards for key in card.articles]
    assert len(shown) == len(set(shown))
    assert len({card.headline for card in found.cards}) == len(found.cards)
    assert len(found.top) <= SETTINGS.top
    assert not set(shown) & {
        key
        for card in choose(stories, Filters(), after(found), SETTINGS).cards
        for key in card.articles
    }


def grown(known: DigestStory, *more: DigestReport) -> DigestStory:
    """The story with later reports."""
    return replace(known, reports=(*known.reports, *more), changed_at=NOW)
