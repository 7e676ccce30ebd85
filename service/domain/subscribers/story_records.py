"""The record of a story for matching with saved queries."""

from typing import TYPE_CHECKING

from service.domain.locales.codes import primary_subtag
from service.domain.queries.matching import ReportRecord, StoryRecord
from service.domain.stories.pace import find_first_reporters, measure_pace

if TYPE_CHECKING:
    from service.domain.subscribers.digests.stories import DigestReport, DigestStory


def record_of(story: "DigestStory") -> StoryRecord:
    """The properties of a story, computed from its reports, which may be some of all."""
    pace = measure_pace([each.timed for each in story.dated])
    reports = [each for each in story.reports if each.type.is_independent_report]
    first = find_first_reporters(
        [each.timed for each in reports if each.dated],
        [each.timed for each in reports if not each.dated],
    )
    return StoryRecord(
        id=story.id,
        headline=story.headline,
        keywords=story.keywords,
        names=story.names,
        agencies=frozenset(each.agency for each in story.reports if each.agency),
        storyline=story.storyline,
        state=story.state,
        independent=story.independent,
        velocity=pace.outlets_per_hour if pace else 0.0,
        first_reported=story.times[0],
        last_reported=story.latest,
        changed=story.changed_at,
        first_outlet=first.outlets[0] if first.certain else None,
        reports=tuple(map(_report_record, story.reports)),
    )


def _report_record(report: "DigestReport") -> ReportRecord:
    return ReportRecord(
        article=report.article,
        outlet=report.outlet,
        family=report.outlet_family or report.family,
        country=report.country,
        language=primary_subtag(report.language),
        type=report.type,
        text=report.text or report.title,
    )
