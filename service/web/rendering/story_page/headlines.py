"""Headlines of a story side by side, with the words that its headline does not have."""

from dataclasses import dataclass

from service.domain.locales.codes import primary_subtag
from service.domain.stories.wording.headline_differences import Piece, mark_differences
from service.store.story_views.reports import Report
from service.store.story_views.views import StoryView

#: Maximum number of headlines.
MAX_HEADLINES = 24


@dataclass(frozen=True, slots=True)
class Headline:
    """The title of a report; `more` outlets have the same one."""

    report: Report
    pieces: tuple[Piece, ...]
    more: int


def compare_headlines(story: StoryView) -> list[Headline]:
    """One title of each outlet: first those in the language of the headline, with marked words.

    Titles in other languages have no marks. Copies are left out.
    """
    first: dict[str, Report] = {}
    for report in story.reports:
        if not report.copy and report.title:
            first.setdefault(report.outlet.slug, report)
    by_title: dict[str, list[Report]] = {}
    for report in first.values():
        by_title.setdefault(report.title, []).append(report)
    language = primary_subtag(story.headline_language)
    headlines = []
    for same in by_title.values():
        report = same[0]
        is_comparable = primary_subtag(report.language) == language
        pieces = (
            mark_differences(report.title, story.headline, language)
            if is_comparable
            else (Piece(report.title, differs=False),)
        )
        headlines.append((not is_comparable, Headline(report, pieces, len(same) - 1)))
    ordered = sorted(headlines, key=lambda each: each[0])
    return [headline for _, headline in ordered[:MAX_HEADLINES]]
