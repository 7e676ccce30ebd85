"""Selection of the stories of a digest edition: filters, ranking, updates, deduplication."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.domain.stories.storyline_order import keep_storylines_together
from service.domain.subscribers.digests.card_assignment import CardAssignment
from service.domain.subscribers.digests.cards import build_card, first_reports, summarise_update
from service.domain.subscribers.digests.editions import Digest, StoryCard, StoryUpdate
from service.domain.subscribers.digests.order import find_bonuses, sort_by_rank
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters, matches_languages, remove_sentences
from service.domain.subscribers.story_index import IndexField, StoryIndex
from service.settings.sections.delivery import DigestSettings

#: Stories are skipped if their latest report is this much older than the last edition.
_MAX_AGE = timedelta(hours=24)
#: Updates are main stories if they rank among the first stories of an edition, up to this number.
_LEADING = 3


@dataclass(frozen=True, slots=True)
class History:
    """Articles that earlier editions showed to a subscriber.

    A story counts as seen if it contains any of them. The history has no story ids, because stories
    merge and split.
    """

    since: datetime  #: creation of the last edition
    articles: frozenset[int] = field(default_factory=frozenset)


def select_stories(
    index: StoryIndex, filters: Filters, history: History, settings: DigestSettings
) -> Digest:
    """Select the stories for one subscriber; deterministic.

    The widest new story is always selected. Stories are ranked as on the front page, but by the
    coverage that is new to the subscriber, and followed ones higher. Cards of one storyline stand
    together. Stories with similar headlines share one card, the lower ranked as links. A seen story
    returns only as an update, when enough outlets report it anew. The most important updates stand
    among the new stories. Stories in the section on low coverage have fewer independent outlets
    than each main story; without a main story there is none.
    """
    since, least = history.since, filters.min_independent
    unmuted = _apply_all_mutes(index, filters, since - _MAX_AGE)
    seen = {
        position: unmuted[position]
        for position in sorted(index.containing(history.articles) & unmuted.keys())
        if not history.articles.isdisjoint(unmuted[position].articles)
    }
    fresh = [
        each
        for position, each in unmuted.items()
        if (each.latest > since or each.changed_at > since) and position not in seen
    ]
    news = {
        each.id: update
        for each in seen.values()
        if (update := _find_update(each, history, settings, filters.language))
    }
    wide = [each for each in fresh if each.independent >= least]
    updated = [each for each in seen.values() if each.id in news and each.independent >= least]
    widest = max(wide, key=_width, default=None)
    assignment = CardAssignment()
    ranked = sort_by_rank(
        [*wide, *updated],
        period=(since, index.newest or since),
        bonuses=find_bonuses(index, unmuted, filters),
        news=news,
    )
    top, updates = _take_main_stories(assignment, ranked, news, widest, settings)
    few = index.low_coverage(settings.low_coverage_outlets)
    narrowest = min((each.independent for each in top), default=0)
    narrow = _sort_low_coverage(
        (each for each in fresh if each.id in few and each.independent < narrowest),
        filters,
        settings,
    )
    low_coverage = assignment.take(narrow, settings.max_low_coverage)

    def cards(section: Sequence[DigestStory]) -> tuple[StoryCard, ...]:
        return tuple(
            build_card(
                remove_sentences(each, filters.muted_words),
                assignment.related(each),
                filters.language,
                news.get(each.id),
            )
            for each in keep_storylines_together(section, _storyline_group)
        )

    new = [each for each in top if each.id not in news]
    first_outlets = first_reports(new, index.by_id, filters.language, settings.max_first_reports)
    return Digest(cards(top), cards(updates), cards(low_coverage), first_outlets)


def _take_main_stories(
    assignment: CardAssignment,
    ranked: Sequence[DigestStory],
    news: Mapping[str, StoryUpdate],
    widest: DigestStory | None,
    settings: DigestSettings,
) -> tuple[list[DigestStory], list[DigestStory]]:
    """Take the main stories and the updates.

    `widest` is the widest new story. Updates among the first of `ranked`, and those by more outlets
    than `widest`, are main stories, because they are the news of the day.
    """
    updated = [each for each in ranked if each.id in news]
    leading = {each.id for each in ranked[:_LEADING]}
    if widest:
        leading |= {key for key, each in news.items() if each.coverage > widest.independent}
    main = [each for each in ranked if each.id not in news or (widest and each.id in leading)]
    widest_update = max(updated, key=lambda each: news[each.id].coverage, default=None)
    first = [each for each in main if each is widest or each is widest_update]
    top = assignment.take(main, settings.max_stories, first=first)
    taken = {each.id for each in top}
    rest = [each for each in updated if each.id not in taken]
    first = [each for each in rest if each is widest_update]
    return top, assignment.take(rest, settings.max_updates, first=first)


def _find_update(
    story: DigestStory, history: History, settings: DigestSettings, language: str
) -> StoryUpdate | None:
    return summarise_update(
        story,
        history.articles,
        history.since,
        min_outlets=settings.new_outlets,
        language=language,
    )


def _width(story: DigestStory) -> tuple[int, float, str]:
    """Sort key of the widest story."""
    return story.independent, story.rank, story.id


def _storyline_group(story: DigestStory) -> tuple[bool, str] | None:
    """Stories that stand together; pinned ones stay in front of the others."""
    return (story.pinned, story.storyline) if story.storyline else None


def _sort_low_coverage(
    stories: Iterable[DigestStory], filters: Filters, settings: DigestSettings
) -> list[DigestStory]:
    """Sort stories with low coverage.

    Empty if the subscriber's filters require a higher coverage.
    """
    if filters.min_independent > settings.low_coverage_outlets:
        return []
    return sorted(
        (each for each in stories if each.independent), key=lambda each: each.low_coverage_order
    )


def _apply_all_mutes(
    index: StoryIndex, filters: Filters, earliest: datetime
) -> dict[int, DigestStory]:
    """Apply the mutes to the stories with a report after `earliest`, by position.

    Sentences with a muted word are removed later, from the selected stories only.
    """
    removed = index.having(IndexField.STORYLINES, filters.muted_storylines)
    removed |= index.with_phrases(IndexField.WORDS, filters.muted_words)
    affected = index.having(IndexField.OUTLETS, filters.muted_outlets)
    affected |= index.having(IndexField.COUNTRIES, filters.muted_countries)
    stories = {
        position: story
        for position, story in enumerate(index.stories)
        if position not in removed and story.latest > earliest
    }
    for position in affected & stories.keys():
        rest = index.without(position, filters.muted_outlets, filters.muted_countries)
        if rest and rest.latest > earliest:
            stories[position] = rest
        else:
            del stories[position]
    if not filters.languages:
        return stories
    return {key: each for key, each in stories.items() if matches_languages(each, filters)}
