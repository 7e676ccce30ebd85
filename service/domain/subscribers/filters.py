"""Filters of a subscriber, and the removal of muted reports and sentences from a story."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from service.domain.locales.codes import primary_subtag
from service.domain.search.word_match import LanguageText, WordIndex
from service.domain.stories.ranking import coverage_bonus
from service.domain.subscribers.digests.stories import DigestReport, DigestStory
from service.domain.text.title_suffixes import strip_title_suffix


@dataclass(frozen=True, slots=True)
class Filters:
    """Values that a subscriber follows and mutes, and the coverage that a story needs.

    Outlets are slugs, countries ISO 3166 codes, storylines ids, languages ISO 639 codes; words
    match as in `service.domain.search.word_match`. Empty lists do not restrict.
    """

    language: str = "en"  #: preferred language of headlines
    min_independent: int = 1
    languages: frozenset[str] = frozenset()  #: a story needs a report in one of them
    followed_outlets: frozenset[str] = frozenset()
    muted_outlets: frozenset[str] = frozenset()
    followed_countries: frozenset[str] = frozenset()
    muted_countries: frozenset[str] = frozenset()
    followed_words: frozenset[str] = frozenset()
    muted_words: frozenset[str] = frozenset()
    followed_storylines: frozenset[str] = frozenset()
    muted_storylines: frozenset[str] = frozenset()


def apply_mutes(story: DigestStory, filters: Filters) -> DigestStory | None:
    """Remove the muted outlets and countries, and sentences with a muted word, from a story.

    None if no report is left, none is in a language of the filters, or a word or the storyline is
    muted.
    """
    if find_muted_reason(story, filters):
        return None
    rest = remove_reports(story, filters.muted_outlets, filters.muted_countries)
    if rest is None or not matches_languages(rest, filters):
        return None
    return remove_sentences(rest, filters.muted_words)


def find_muted_reason(story: DigestStory, filters: Filters) -> str:
    """Describe the muted storyline or word of a story; "" without one."""
    if story.storyline in filters.muted_storylines:
        return f"muted storyline {story.storyline}"
    word = story.words.find(filters.muted_words)
    return "" if word is None else f"muted word “{word}”"


def matches_languages(story: DigestStory, filters: Filters) -> bool:
    """Whether a story has a report in a language of the filters."""
    return not filters.languages or not filters.languages.isdisjoint(story.languages)


def is_muted_text(text: str, language: str | None, filters: Filters) -> bool:
    """Whether a text contains a muted word."""
    index = WordIndex([LanguageText(text, primary_subtag(language))])
    return index.find(filters.muted_words) is not None


def remove_reports(
    story: DigestStory, outlets: frozenset[str], countries: frozenset[str]
) -> DigestStory | None:
    """Remove the reports of muted outlets and countries; None if no report is left."""
    if outlets.isdisjoint(story.outlets) and countries.isdisjoint(story.countries):
        return story
    reports = tuple(
        each
        for each in story.reports
        if each.outlet not in outlets and each.country not in countries
    )
    if not reports:
        return None
    names = {each.name for each in reports}
    parts = (remove_reports(each, outlets, countries) for each in story.parts)
    rest = replace(
        story,
        reports=reports,
        summary=tuple(each for each in story.summary if each.outlet in names),
        parts=tuple(each for each in parts if each),
    )
    lost = coverage_bonus(story.independent) - coverage_bonus(rest.independent)
    older = story.latest - rest.latest
    changes: dict[str, Any] = {"rank": story.rank - lost - older / timedelta(hours=1)}
    if older:  # the story may have changed only by the report of a muted outlet
        changes["changed_at"] = rest.latest
    if story.headline_article is not None and story.headline_article not in rest.articles:
        source = _choose_other_headline(story, rest)
        changes["headline"] = strip_title_suffix(source.title)
        changes["headline_article"] = source.article
    return replace(rest, **changes)


def _choose_other_headline(story: DigestStory, rest: DigestStory) -> DigestReport:
    """The report of `rest` whose title replaces the headline of a muted outlet.

    Of an event in several stories, the story with the headline is preferred; then a report that
    counts in the independent coverage, the best title of a language, and the language before.
    """
    part = next((each for each in story.parts if story.headline_article in each.articles), story)
    return max(
        rest.reports,
        key=lambda each: (
            each.article in part.articles,
            each.is_independent,
            each.article in story.local_headlines,
            primary_subtag(each.language) == story.language,
        ),
    )


def remove_sentences(story: DigestStory, muted: frozenset[str]) -> DigestStory:
    """Remove the sentences of the summary that contain a muted word."""
    if not muted:
        return story
    summary = story.summary
    if story.all_summary_words.find(muted) is not None:
        summary = tuple(
            sentence
            for sentence, words in zip(story.summary, story.summary_words, strict=True)
            if words.find(muted) is None
        )
    parts = tuple(remove_sentences(each, muted) for each in story.parts)
    if (summary, parts) == (story.summary, story.parts):
        return story  # with its cached properties
    return replace(story, summary=summary, parts=parts)
