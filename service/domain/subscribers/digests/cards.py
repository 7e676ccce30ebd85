"""Story cards of the digest: headline choice, updates since the last edition, first reports."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from service.domain.locales.codes import primary_subtag
from service.domain.stories.wording.title_flaws import PLAIN_BELOW
from service.domain.stories.wording.title_parts import headline_text, style_penalty
from service.domain.subscribers.digests.editions import (
    FirstReport,
    StoryCard,
    StoryLink,
    StoryUpdate,
)
from service.domain.subscribers.digests.stories import DigestReport, DigestStory, SummarySentence

#: Maximum outlet names on a card.
_MAX_OUTLETS = 8
#: Bins of a card's histogram of reports.
_BINS = 12
#: Minimum reports for which a histogram is shown.
_MIN_REPORTS = 4


def build_card(
    story: DigestStory, related: Sequence[DigestStory], language: str, news: StoryUpdate | None
) -> StoryCard:
    """Build the card of a story with links to `related` ones; prefers headlines in `language`.

    Of an event in several stories, the card shows the one with the headline; the others are linked
    first.
    """
    source = _choose_headline_report(story, language)
    shown = _find_part(story, source)
    others = [each for each in story.parts if each.id != shown.id]
    outlets = tuple(dict.fromkeys(each.name for each in story.reports))
    return StoryCard(
        story=shown.id,
        slug=shown.slug,
        headline=_headline(source) if source else story.headline,
        language=source.language if source else None,
        outlet=source.name if source else "",
        url=(source or story.reports[0]).url,
        summary=_choose_sentences(shown, source) or _choose_sentences(story, source),
        outlets=outlets[:_MAX_OUTLETS],
        independent=story.independent,
        coverage=len(story.outlets),
        first_at=story.times[0],
        last_at=story.latest,
        bars=_histogram(story.times),
        news=news,
        also=tuple(build_link(each, language) for each in (*others, *related)),
        articles=tuple(report.article for each in (story, *related) for report in each.reports),
        undated=not story.dated,
    )


def _choose_sentences(
    story: DigestStory, source: DigestReport | None
) -> tuple[SummarySentence, ...]:
    """The summary in the language of the shown headline; without one, that of the story."""
    language = primary_subtag(source.language) if source else ""
    local = (
        each
        for each in story.summary
        if each.is_local and primary_subtag(each.language) == language
    )
    return tuple(local) or tuple(each for each in story.summary if not each.is_local)


def _find_part(story: DigestStory, source: DigestReport | None) -> DigestStory:
    """The story of an event with the report whose title is shown."""
    if source is None:
        return story
    return next((each for each in story.parts if source.article in each.articles), story)


def build_link(story: DigestStory, language: str) -> StoryLink:
    """Build the one-line form of a story, or of the part with the title if an event has several."""
    source = _choose_headline_report(story, language)
    if source is None:
        return StoryLink(story.id, story.slug, story.headline, None)
    shown = _find_part(story, source)
    return StoryLink(shown.id, shown.slug, _headline(source), source.language)


def _headline(report: DigestReport) -> str:
    return headline_text(report.title, report.language or "")


def _choose_headline_report(story: DigestStory, language: str) -> DigestReport | None:
    """The report whose title is shown, in `language` if possible; None for an editor's headline."""
    if story.headline_article is None:
        return None
    current = [each for each in story.reports if each.article == story.headline_article]
    originals = [each for each in story.reports if each.is_independent]
    if current and primary_subtag(current[0].language) == language:
        return current[0]
    # Copies come last: only a copy may be in this language.
    in_language = [
        each
        for each in (*originals, *story.reports)
        if primary_subtag(each.language) == language and each.type.is_independent_report
    ]
    in_language.sort(key=lambda each: (each.copy, each.article not in story.local_headlines))
    return (in_language or current or originals or list(story.reports))[0]


def summarise_update(
    story: DigestStory,
    seen: frozenset[int],
    since: datetime,
    *,
    min_outlets: int = 1,
    language: str = "",
) -> StoryUpdate | None:
    """Summarise the reports that are not among the `seen` articles.

    A report counts if it is not a copy. A publisher family with a seen article counts half, and
    only with a report after `since`. Returns None if all together count less than `min_outlets`.
    The shown title is in `language` if possible.
    """
    before = [each for each in story.reports if each.article in seen]
    families = {each.family for each in before}
    later = [each for each in story.reports if each.article not in seen and each.is_independent]
    added = [each for each in later if each.family not in families]
    again = [each for each in later if each.family in families and each.at > since]
    again_families = {each.family for each in again}
    if 2 * len({each.family for each in added}) + len(again_families) < 2 * max(min_outlets, 1):
        return None
    seen_countries = {each.country for each in before}
    countries = dict.fromkeys(
        each.country for each in added if each.country and each.country not in seen_countries
    )
    latest = max(
        [*again, *added],
        key=lambda each: (
            primary_subtag(each.language) == language,
            style_penalty(each.title, primary_subtag(each.language)) < PLAIN_BELOW,
            each.dated,
            each.at,
            each.article,
        ),
    )
    return StoryUpdate(
        since,
        len({each.family for each in added}),
        tuple(countries),
        latest.title,
        latest.name,
        len(again_families),
    )


def first_reports(
    stories: Sequence[DigestStory],
    complete: Mapping[str, DigestStory],
    language: str,
    limit: int,
) -> tuple[FirstReport, ...]:
    """Outlets that reported a story first, in the order of the stories; each outlet at most once.

    `complete` has the stories by id with the reports of muted outlets. These outlets are not named,
    but an outlet that reported after one of them was not first.
    """
    by_outlet: dict[str, FirstReport] = {}
    for story in stories:
        lead = complete[story.id].first_lead
        if lead and {lead.first.outlet, lead.second.outlet} <= story.outlets:
            link = build_link(story, language)
            line = FirstReport(lead.first.name, lead.second.name, lead.seconds, link)
            by_outlet.setdefault(line.outlet, line)
    return tuple(by_outlet.values())[:limit]


def _histogram(times: Sequence[datetime]) -> tuple[int, ...]:
    """Count sorted `times` in equal bins; empty for few reports or a single time."""
    first, length = times[0], (times[-1] - times[0]).total_seconds()
    if not length or len(times) < _MIN_REPORTS:
        return ()
    counts = [0] * _BINS
    for at in times:
        position = int((at - first).total_seconds() / length * _BINS)
        counts[min(position, _BINS - 1)] += 1
    return tuple(counts)
