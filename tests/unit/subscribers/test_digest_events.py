"""Stories of one event on one card."""

from dataclasses import replace
from datetime import timedelta

from service.domain.subscribers.digests.events import join_events
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.filters import Filters
from service.domain.subscribers.story_index import StoryIndex
from service.settings.load import load
from tests.support.content.digest_stories import NOW, report, story

SETTINGS = load({}).digest
YESTERDAY = History(NOW - timedelta(hours=24))
ENGLISH = story("Train derails near Orlan", ["daily", "herald", "wire"])
GERMAN = story(
    "Zug entgleist bei Orlan",
    [report(outlet, "Zug entgleist bei Orlan", language="de") for outlet in ("kurier", "bote")],
    names=("Orlan",),
)
EVENT = [(ENGLISH.id, GERMAN.id)]


def test_event_has_the_coverage_of_all_its_stories():
    [joined] = join_events([GERMAN, ENGLISH], EVENT)
    assert (joined.id, joined.independent, joined.parts) == (ENGLISH.id, 5, (ENGLISH, GERMAN))
    assert joined.articles == ENGLISH.articles | GERMAN.articles
    assert joined.rank > max(ENGLISH.rank, GERMAN.rank)
    assert [each.at for each in joined.reports] == sorted(each.at for each in joined.reports)


def test_event_in_two_languages_gets_one_card_in_the_language_of_the_subscriber():
    other = story("Rates rise", ["sun", "post"])
    stories = join_events([GERMAN, other, ENGLISH], EVENT)
    for language, shown, linked in (("de", GERMAN, ENGLISH), ("en", ENGLISH, GERMAN)):
        digest = select_stories(
            StoryIndex(stories), Filters(language=language), YESTERDAY, SETTINGS
        )
        card, last = digest.top
        assert (card.headline, last.headline) == (shown.headline, other.headline)
        assert (card.story, card.coverage, card.summary) == (shown.id, 5, shown.summary)
        assert [line.story for line in card.also] == [linked.id]


def test_event_shown_in_one_language_is_not_new_in_another():
    stories = join_events([ENGLISH, GERMAN], EVENT)
    history = History(NOW - timedelta(hours=4), ENGLISH.articles)
    assert not select_stories(
        StoryIndex(stories), Filters(), history, replace(SETTINGS, new_outlets=3)
    )


def test_two_lone_reports_of_one_event_reach_the_minimum_coverage_together():
    one, other = story("Pier burns", ["sun"]), story("Seebrücke brennt", ["kurier"])
    stories = join_events([one, other], [(one.id, other.id)])
    digest = select_stories(StoryIndex(stories), Filters(min_independent=2), YESTERDAY, SETTINGS)
    assert [card.independent for card in digest.top] == [2]


def test_mutes_apply_to_all_stories_of_an_event():
    stories = join_events([ENGLISH, GERMAN], EVENT)
    for filters in (
        Filters(muted_words=frozenset({"entgleist"})),
        Filters(muted_words=frozenset({"derails"})),
    ):
        assert not select_stories(StoryIndex(stories), filters, YESTERDAY, SETTINGS)
    muted = Filters(muted_outlets=frozenset({"kurier", "bote"}))
    [card] = select_stories(StoryIndex(stories), muted, YESTERDAY, SETTINGS).top
    assert (card.coverage, card.also) == (3, ())


def test_joined_order_is_that_of_the_stories_without_events():
    stories = [GERMAN, ENGLISH, story("Rates rise", ["sun"])]
    assert join_events(stories, []) == stories


def test_first_report_links_to_the_story_in_the_language_of_its_headline():
    stories = join_events([ENGLISH, GERMAN], EVENT)
    digest = select_stories(StoryIndex(stories), Filters(language="de"), YESTERDAY, SETTINGS)
    [first] = digest.first_reports
    assert (first.story.headline, first.story.story) == (GERMAN.headline, GERMAN.id)
